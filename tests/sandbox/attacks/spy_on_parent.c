// The memory and registers of another process.
#include "attack.h"
#include <sys/ptrace.h>
#include <sys/uio.h>
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  const pid_t others[] = {getppid(), 1, 2, 0};
  char byte[8];
  struct iovec mine = {byte, sizeof byte}, theirs = {(void*)0x400000, sizeof byte};
  for (size_t i = 0; i < 4; i++) {
    const pid_t p = others[i];
    if (p == getpid()) continue;
    if (is(how, "attach")) attempt("PTRACE_ATTACH", ptrace(PTRACE_ATTACH, p, NULL, NULL) == 0);
    else if (is(how, "seize")) attempt("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, p, NULL, NULL) == 0);
    else if (is(how, "traceme")) attempt("PTRACE_TRACEME", ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
    else if (is(how, "readv")) attempt("process_vm_readv", process_vm_readv(p, &mine, 1, &theirs, 1, 0) > 0);
    else if (is(how, "writev")) attempt("process_vm_writev", process_vm_writev(p, &mine, 1, &theirs, 1, 0) > 0);
    else if (is(how, "mem")) {
      char path[64];
      snprintf(path, sizeof path, "/proc/%d/mem", (int)p);
      attempt(path, open(path, O_RDONLY) >= 0 && p != 0);
    } else return 9;
  }
  return finish();
}
