// Makes itself unreadable for others, under a name that looks like the fields of /proc/PID/stat, then takes memory or CPU.
#include "attack.h"
#include <sys/prctl.h>
int main(int argc, char** argv) {
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NAME, "x) Z 1 1 1 0 0");
  if (argc > 1 && is(argv[1], "cpu")) burn();
  for (int i = 0; i < 256; i++) {
    if (!touched((size_t)4 << 20)) return 7;
    usleep(1000);
  }
  attempt("a gibibyte", 1);
  return finish();
}
