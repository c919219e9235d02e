// Each child stays small; together they hold ten times the limit. Ends with 0 if it may.
#include "attack.h"
int main(void) {
  for (int i = 0; i < 16; i++)
    if (fork() == 0) {
      touched((size_t)40 << 20);
      for (;;) pause();
    }
  sleep(1);
  attempt("640 MiB in sixteen processes", 1);
  return 0;
}
