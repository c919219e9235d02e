// The child takes the memory; the parent ends with 0 as if nothing had been.
#include "attack.h"
int main(void) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) touched((size_t)4 << 20);
  }
  waitpid(child, NULL, 0);
  puts("42");
  return 0;
}
