// Not an attack: spends the CPU seconds of its first argument, then sleeps those of its second.
#include "attack.h"
#include <time.h>
int main(int argc, char** argv) {
  const double cpu = argc > 1 ? atof(argv[1]) : 0, asleep = argc > 2 ? atof(argv[2]) : 0;
  struct timespec t;
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  while ((double)t.tv_sec + 1e-9 * (double)t.tv_nsec < cpu);
  t.tv_sec = (time_t)asleep;
  t.tv_nsec = (long)(1e9 * (asleep - (double)t.tv_sec));
  nanosleep(&t, NULL);
  puts("done");
  return 0;
}
