// CPU spread over children that live for some milliseconds.
//   wait: each is waited for. ignore, ignore-short: SIGCHLD is ignored, so nobody ever sees their usage.
//   chain: each starts the next and ends, so that no process is ever old. vfork: by vfork.
#include "attack.h"
#include <time.h>
static void spend(double seconds) {
  struct timespec t;
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  while ((double)t.tv_sec + 1e-9 * (double)t.tv_nsec < seconds);
}
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "wait";
  if (is(how, "ignore") || is(how, "ignore-short")) signal(SIGCHLD, SIG_IGN);
  if (is(how, "chain")) {
    const pid_t first = getpid();
    for (;;) {
      spend(0.005);
      const pid_t next = fork();
      if (next > 0) {
        if (getpid() == first)
          for (;;) wait(NULL);
        _exit(0);
      }
    }
  }
  for (;;) {
    if (is(how, "vfork")) {
      const pid_t child = vfork();
      if (child == 0) {
        spend(0.005);
        _exit(0);
      }
    } else if (fork() == 0) {
      spend(is(how, "ignore-short") ? 0.002 : 0.02);
      _exit(0);
    }
    wait(NULL);
  }
}
