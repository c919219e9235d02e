// Its own threads keep each other waiting for a processor; then it sleeps: the wait is of its own making.
#include "attack.h"
#include <pthread.h>
#include <time.h>
static void* contend(void* unused) {
  struct timespec t;
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  while (t.tv_sec == 0 && t.tv_nsec < 150000000);
  return unused;
}
int main(void) {
  pthread_t threads[15];
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  for (int i = 0; i < 15; i++) pthread_create(&threads[i], &small, contend, NULL);
  contend(NULL);
  for (;;) pause();
}
