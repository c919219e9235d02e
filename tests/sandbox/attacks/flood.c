// Output without end: out | err | line (no newline) | bytes (one a call) | both.
#include "attack.h"
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "out";
  static char block[1 << 16];
  memset(block, is(how, "line") ? 'x' : '\n', sizeof block);
  for (long i = 0; i < 1 << 15; i++) {  // two gibibytes
    if (is(how, "err") || is(how, "both"))
      if (write(2, block, sizeof block) < 0) return 3;
    if (!is(how, "err"))
      if (write(1, block, is(how, "bytes") ? 1 : sizeof block) < 0) return 3;
  }
  return 0;
}
