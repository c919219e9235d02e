// Recursion: `forever`, or as many frames of 1 KiB as the argument says.
#include "attack.h"
static long deep(long n, long end) {
  volatile char frame[1024];
  frame[0] = (char)n;
  return n == end ? frame[0] : deep(n + 1, end) + frame[0];
}
int main(int argc, char** argv) {
  const long end = argc > 1 && !is(argv[1], "forever") ? atol(argv[1]) : -1;
  const volatile long r = deep(0, end);
  (void)r;
  puts("deep enough");
  return 0;
}
