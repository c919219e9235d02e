// CPU spent in the kernel: random | zero.
#include "attack.h"
#include <sys/random.h>
int main(int argc, char** argv) {
  static char block[1 << 20];
  int zero = open("/dev/zero", O_RDONLY);
  if (zero < 0) zero = open("/dev/full", O_RDONLY);  // reads as zeros too, and cannot be mapped
  for (;;)
    if (argc > 1 && is(argv[1], "zero") ? read(zero, block, sizeof block) < 0 : getrandom(block, sizeof block, 0) < 0) return 3;
}
