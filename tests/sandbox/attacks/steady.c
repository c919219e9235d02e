// Not an attack: a fixed amount of work.
#include "attack.h"
int main(void) {
  volatile uint64_t n = 0;
  for (int i = 0; i < 20000000; i++) n += (uint64_t)i;
  puts("done");
  return 0;
}
