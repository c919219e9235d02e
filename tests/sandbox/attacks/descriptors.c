// Which descriptors came along, and of what kind.
#include "attack.h"
int main(void) {
  for (int fd = 3; fd < 4096; fd++) {
    char what[32];
    snprintf(what, sizeof what, "descriptor %d", fd);
    attempt(what, fcntl(fd, F_GETFD) != -1);
  }
  attempt("standard input can be written", write(0, "x", 1) == 1);
  attempt("standard input can be changed", ftruncate(0, 1) == 0);
  char path[64], end[256];
  for (int fd = 0; fd < 3; fd++) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(path, end, sizeof end - 1);
    end[n > 0 ? n : 0] = 0;
    attempt(end, n > 0 && (strstr(end, "/work") || strstr(end, "/home") || strstr(end, "/root") || strstr(end, "socket:")));
    const int again = open(path, fd ? O_RDONLY : O_WRONLY);
    if (fd == 0 && n > 0 && strcmp(end, "/dev/null") != 0) attempt("standard input written by another way", again >= 0 && (write(again, "x", 1) == 1 || ftruncate(again, 1) == 0));
  }
  return finish();
}
