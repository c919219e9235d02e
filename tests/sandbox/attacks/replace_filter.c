// A filter of its own that allows everything, by prctl or seccomp, then a forbidden call.
#include "attack.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
int main(int argc, char** argv) {
  struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {1, &allow};
  const char* how = argc > 1 ? argv[1] : "prctl";
  if (is(how, "prctl")) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
  else if (is(how, "off")) prctl(PR_SET_SECCOMP, SECCOMP_MODE_DISABLED, 0, 0, 0);
  else if (is(how, "listener")) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  else syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
  attempt("seccomp is off", prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER);
  attempt("io_uring after a filter that allows it", syscall(SYS_io_uring_setup, 8, calloc(1, 256)) >= 0);
  attempt("ptrace after a filter that allows it", syscall(SYS_ptrace, 0, 0, 0, 0) >= 0);
  return finish();
}
