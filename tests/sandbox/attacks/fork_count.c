// Forks children that stay, until refused, and at most 400.
#include "attack.h"
int main(void) {
  int made = 0;
  for (; made < 400; made++) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child == 0) {
      pause();
      _exit(0);
    }
  }
  usleep(50000);
  attempt("more processes than the limit of 20", made > 20);
  return finish();
}
