// The 32-bit entry of a 64-bit process: number and one argument of the 32-bit table.
#include "attack.h"
int main(int argc, char** argv) {
  const long number = argc > 1 ? strtol(argv[1], NULL, 0) : 20;  // getpid
  long r;
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0) : "memory", "r8", "r9", "r10", "r11");
  attempt("a 32-bit call", r >= 0);
  printf("errno %ld\n", -r);
  return finish();
}
