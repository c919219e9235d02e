// Touches memory page by page until stopped, at most 4 GiB.
#include "attack.h"
int main(void) {
  for (int i = 0; i < 1024; i++) {
    char* p = malloc((size_t)4 << 20);
    if (p) memset(p, i, (size_t)4 << 20);
    if (!p) return 7;
  }
  attempt("4 GiB of memory", 1);
  return finish();
}
