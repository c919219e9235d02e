// Characters put into somebody's terminal (also with a bit above the lower 32 set), and other ioctls of terminals.
#include "attack.h"
#include <sys/ioctl.h>
int main(int argc, char** argv) {
  const int high = argc > 1 && is(argv[1], "high");
  const char* names[] = {"/dev/tty", "/dev/console", "/dev/pts/0", "/dev/ptmx", "/dev/tty0"};
  for (int fd = 0; fd < 3; fd++) attempt("TIOCSTI on a standard stream", syscall(SYS_ioctl, fd, high ? TIOCSTI | 1l << 32 : TIOCSTI, "x") == 0);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const int fd = open(names[i], O_RDWR | O_NOCTTY);
    if (fd < 0) continue;
    attempt("TIOCSTI", syscall(SYS_ioctl, fd, high ? TIOCSTI | 1l << 32 : TIOCSTI, "x") == 0);
    attempt("TIOCLINUX", ioctl(fd, 0x541c, "\x03") == 0);
  }
  return finish();
}
