// Stops itself and a child of its own group: nobody continues them.
#include "attack.h"
int main(void) {
  if (fork() == 0) {
    raise(SIGSTOP);
    _exit(0);
  }
  raise(SIGSTOP);
  for (;;) wait(NULL);
}
