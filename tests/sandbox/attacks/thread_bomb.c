// Threads that stay, until refused, and at most 400.
#include "attack.h"
#include <pthread.h>
static void* stay(void* unused) {
  (void)unused;
  for (;;) pause();
}
int main(void) {
  int made = 0;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  for (; made < 400; made++) {
    pthread_t thread;
    if (pthread_create(&thread, &small, stay, NULL) != 0) break;
  }
  usleep(50000);
  attempt("more threads than the limit of 20", made > 20);
  return finish();
}
