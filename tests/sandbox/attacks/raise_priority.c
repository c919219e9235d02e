// More of the machine than its share.
#include "attack.h"
#include <sched.h>
#include <sys/resource.h>
int main(void) {
  errno = 0;
  attempt("nice -20", nice(-20) != -1 && getpriority(PRIO_PROCESS, 0) < 0);
  attempt("setpriority", setpriority(PRIO_PROCESS, 0, -20) == 0);
  for (int policy = SCHED_FIFO; policy <= SCHED_RR; policy++) {
    struct sched_param one = {1};
    attempt("a real-time class", sched_setscheduler(0, policy, &one) == 0);
  }
  struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; } deadline = {
      sizeof deadline, 6, 0, 0, 0, 1000000, 10000000, 10000000};
  attempt("the deadline class", syscall(SYS_sched_setattr, 0, &deadline, 0) == 0);
  attempt("real-time input and output", syscall(SYS_ioprio_set, 1, 0, (1 << 13) | 0) == 0);
  const int resources[] = {RLIMIT_CPU, RLIMIT_AS, RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_RTPRIO, RLIMIT_NICE};
  for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
    struct rlimit limit;
    getrlimit((__rlimit_resource_t)resources[i], &limit);
    if (limit.rlim_max == RLIM_INFINITY) continue;
    limit.rlim_max += 1;
    char what[32];
    snprintf(what, sizeof what, "hard limit %d raised", resources[i]);
    attempt(what, setrlimit((__rlimit_resource_t)resources[i], &limit) == 0);
  }
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  attempt("core dumps", core.rlim_max != 0);
  return finish();
}
