// Large but allowed: one line of 4 MiB, then the same byte by byte with a flush each for the last 2,000.
#include "attack.h"
int main(void) {
  static char block[1 << 16];
  memset(block, 'y', sizeof block);
  for (int i = 0; i < 64; i++)
    if (write(1, block, sizeof block) != (ssize_t)sizeof block) return 3;
  for (int i = 0; i < 2000; i++)
    if (write(1, "z", 1) != 1) return 3;
  return 0;
}
