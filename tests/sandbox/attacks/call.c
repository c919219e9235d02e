// One system call: its number, then arguments: a number, `buf` (4 KiB of zeros), `path` ("/"), `pid`, `parent`,
// `high:N` (N with a bit above the lower 32 set). From a thread or a child: `thread:` / `child:` before the number.
#include "attack.h"
#include <pthread.h>
static long number, a[6];
static char buffer[4096];
static long value(const char* text) {
  if (is(text, "buf")) return (long)buffer;
  if (is(text, "path")) return (long)"/";
  if (is(text, "pid")) return getpid();
  if (is(text, "parent")) return getppid();
  if (strncmp(text, "high:", 5) == 0) return strtol(text + 5, NULL, 0) | (1l << 32);
  return strtol(text, NULL, 0);
}
static void* call(void* unused) {
  (void)unused;
  const long r = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (r >= 0) attempt("the call", 1);
  else printf("errno %d\n", errno);
  fflush(stdout);
  return NULL;
}
int main(int argc, char** argv) {
  if (argc < 2) return 9;
  const char* text = argv[1];
  const int thread = strncmp(text, "thread:", 7) == 0, child = strncmp(text, "child:", 6) == 0;
  number = strtol(text + (thread ? 7 : child ? 6 : 0), NULL, 0);
  for (int i = 2; i < argc && i < 8; i++) a[i - 2] = value(argv[i]);
  if (thread) {
    pthread_t t;
    if (pthread_create(&t, NULL, call, NULL) != 0) return 9;
    pthread_join(t, NULL);
  } else if (child) {
    if (fork() == 0) {
      call(NULL);
      _exit(0);
    }
    wait(NULL);
  } else {
    call(NULL);
  }
  return finish();
}
