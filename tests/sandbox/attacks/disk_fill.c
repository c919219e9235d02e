// One file, as large as it gets. `ignore`: SIGXFSZ is ignored and the size reported.
#include "attack.h"
int main(int argc, char** argv) {
  static char block[1 << 20];
  if (argc > 1 && is(argv[1], "ignore")) signal(SIGXFSZ, SIG_IGN);
  const int fd = open("laconic-attack-fill", O_CREAT | O_WRONLY, 0600);
  if (fd < 0) return finish();
  long written = 0;
  for (int i = 0; i < 4096; i++) {
    const ssize_t n = write(fd, block, sizeof block);
    if (n <= 0) break;
    written += n;
  }
  attempt("a file beyond the limit of 8 MiB", written > 8l << 20);
  attempt("a sparse file beyond the limit", ftruncate(fd, 1l << 34) == 0);
  attempt("allocation beyond the limit", fallocate(fd, 0, 0, 1l << 34) == 0);
  return finish();
}
