// Asks for far more memory than there is and touches none of it.
#include "attack.h"
int main(void) {
  for (int i = 0; i < 64; i++) {
    volatile char* p = malloc((size_t)1 << 30);
    if (p) p[0] = 1;
  }
  return finish();
}
