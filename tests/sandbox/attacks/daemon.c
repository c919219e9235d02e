// A daemon outlives its parent. holds: keeps the outputs open. floods: writes without end. spins: burns CPU.
// deaf: leaves every session and group, no parent-death signal, ignores signals.
#include "attack.h"
#include <sys/prctl.h>
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "holds";
  puts("done");
  fflush(stdout);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, 0);
    setsid();
    if (fork() == 0) {
      setpgid(0, 0);
      for (int s = 1; s < 32; s++) signal(s, SIG_IGN);
      if (is(how, "floods"))
        for (;;)
          if (write(1, "flood\n", 6) < 0) _exit(1);
      if (is(how, "spins")) burn();
      for (;;) pause();
    }
    for (;;) pause();
  }
  return 0;
}
