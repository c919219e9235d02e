// The clock put forward; timers that would tick for others.
#include "attack.h"
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  struct timespec t = {2000000000, 0};
  struct timeval v = {2000000000, 0};
  struct timex x = {.modes = ADJ_OFFSET, .offset = 1000};
  if (is(how, "clock_settime")) attempt(how, syscall(SYS_clock_settime, CLOCK_REALTIME, &t) == 0);
  else if (is(how, "settimeofday")) attempt(how, syscall(SYS_settimeofday, &v, NULL) == 0);
  else if (is(how, "adjtimex")) attempt(how, syscall(SYS_adjtimex, &x) >= 0);
  else if (is(how, "clock_adjtime")) attempt(how, syscall(SYS_clock_adjtime, CLOCK_REALTIME, &x) >= 0);
  else if (is(how, "wake")) attempt(how, timer_create(CLOCK_REALTIME_ALARM, NULL, (timer_t*)&t) == 0);
  else return 9;
  return finish();
}
