// Signals to everybody in sight: the parent, init, the group, every number.
#include "attack.h"
int main(int argc, char** argv) {
  const char* whom = argc > 1 ? argv[1] : "all";
  signal(SIGTERM, SIG_IGN);
  if (is(whom, "all")) kill(-1, SIGKILL);
  else if (is(whom, "parent")) kill(getppid(), SIGKILL);
  else if (is(whom, "init")) kill(1, SIGKILL);
  else if (is(whom, "group")) kill(0, SIGKILL);
  else if (is(whom, "every")) {
    for (pid_t p = 2; p < 70000; p++)
      if (p != getpid()) attempt("a signal to a foreign process", kill(p, SIGTERM) == 0);
  } else if (is(whom, "queue")) {
    union sigval v = {0};
    for (pid_t p = 2; p < 70000; p++)
      if (p != getpid()) attempt("a queued signal to a foreign process", sigqueue(p, SIGTERM, v) == 0);
  }
  return finish();
}
