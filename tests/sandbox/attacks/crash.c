// Ends by a signal: segv, abort, fpe, ill, bus, trap, kill, term, xcpu.
#include "attack.h"
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "segv";
  if (is(how, "abort")) abort();
  if (is(how, "fpe")) {
    volatile int zero = 0;
    return 77 / zero;
  }
  if (is(how, "ill")) __builtin_trap();
  if (is(how, "kill")) raise(SIGKILL);
  if (is(how, "term")) raise(SIGTERM);
  if (is(how, "xcpu")) raise(SIGXCPU);
  if (is(how, "sys")) raise(SIGSYS);
  *(volatile int*)16 = 1;
  return 0;
}
