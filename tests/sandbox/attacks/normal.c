// Not an attack: the sum of its input, the run that has to be right after every attack.
#include "attack.h"
int main(void) {
  long n, sum = 0;
  while (scanf("%ld", &n) == 1) sum += n;
  printf("%ld\n", sum);
  return 0;
}
