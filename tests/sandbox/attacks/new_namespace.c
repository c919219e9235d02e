// Nested namespaces by unshare, clone, clone3 and setns; one attempt a run. `clone3` must look as if the kernel had none.
#include "attack.h"
#include <linux/sched.h>
#include <sched.h>
int main(int argc, char** argv) {
  const char* call = argc > 1 ? argv[1] : "unshare";
  static const struct { const char* name; unsigned long flag; } kinds[] = {
      {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET},
      {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};
  unsigned long flag = CLONE_NEWUSER;
  for (size_t i = 0; argc > 2 && i < sizeof kinds / sizeof *kinds; i++)
    if (is(argv[2], kinds[i].name)) flag = kinds[i].flag;
  long r = -1;
  if (is(call, "unshare")) r = syscall(SYS_unshare, flag);
  else if (is(call, "clone")) r = syscall(SYS_clone, flag | SIGCHLD, 0, 0, 0, 0);
  else if (is(call, "clone-high")) r = syscall(SYS_clone, flag | SIGCHLD | (1ul << 40), 0, 0, 0, 0);
  else if (is(call, "clone3")) {
    struct clone_args args = {.flags = flag, .exit_signal = SIGCHLD};
    r = syscall(SYS_clone3, &args, sizeof args);
    if (r < 0) attempt("clone3 says something else than ENOSYS", errno != ENOSYS);
  } else if (is(call, "setns")) r = syscall(SYS_setns, open("/proc/self/ns/net", O_RDONLY), 0);
  else if (is(call, "pidfd-setns")) r = syscall(SYS_setns, syscall(SYS_pidfd_open, getppid(), 0), CLONE_NEWNS);
  else return 9;
  if (r == 0 && is(call, "clone")) _exit(0);
  attempt(call, r >= 0);
  return finish();
}
