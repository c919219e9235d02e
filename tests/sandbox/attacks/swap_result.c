// The file that is to be collected is something else: symlink | fifo | folder | device | socket | hardlink | huge |
// race (swapped all the time by a child that stays). `regular`: as it should be.
#include "attack.h"
#include <sys/socket.h>
#include <sys/un.h>
static void make(const char* how) {
  unlink("result");
  rmdir("result");
  if (is(how, "symlink")) symlink("/etc/passwd", "result");
  else if (is(how, "symlink-proc")) symlink("/proc/self/environ", "result");
  else if (is(how, "fifo")) mkfifo("result", 0666);
  else if (is(how, "folder")) mkdir("result", 0777);
  else if (is(how, "device")) mknod("result", S_IFCHR | 0666, 0x105);
  else if (is(how, "hardlink")) link("/etc/passwd", "result");
  else if (is(how, "locked")) close(open("result", O_CREAT | O_WRONLY, 0));
  else if (is(how, "huge")) {
    const int fd = open("result", O_CREAT | O_WRONLY, 0644);
    ftruncate(fd, 7 << 20);
    close(fd);
  } else if (is(how, "socket")) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "result"};
    bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&name, sizeof name);
  } else {
    const int fd = open("result", O_CREAT | O_WRONLY | O_TRUNC, 0644);
    if (write(fd, "regular\n", 8) != 8) _exit(9);
    close(fd);
  }
}
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "regular";
  if (!is(how, "race")) {
    make(how);
    puts("made");
    return 0;
  }
  make("regular");
  if (fork() == 0) {
    static const char* kinds[] = {"symlink", "fifo", "folder", "regular", "socket", "symlink-proc"};
    setsid();
    for (int i = 0;; i++) make(kinds[i % 6]);
  }
  puts("made");
  return 0;
}
