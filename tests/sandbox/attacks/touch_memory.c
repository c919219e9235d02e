// Touches memory page by page until stopped, at most 4 GiB.
#include "attack.h"
int main(void) {
  for (int i = 0; i < 1024; i++) {
    if (!touched((size_t)4 << 20)) return 7;
  }
  attempt("4 GiB of memory", 1);
  return finish();
}
