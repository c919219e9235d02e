// The first thread ends; the process lives on in another one, which takes memory or CPU: /proc shows its size no more.
#include "attack.h"
#include <pthread.h>
static const char* how;
static void* rest(void* unused) {
  (void)unused;
  usleep(20000);
  if (is(how, "cpu")) burn();
  for (int i = 0; i < 256; i++) {
    if (!touched((size_t)4 << 20)) _exit(7);
    usleep(1000);
  }
  attempt("a gibibyte", 1);
  _exit(0);
}
int main(int argc, char** argv) {
  pthread_t thread;
  how = argc > 1 ? argv[1] : "memory";
  pthread_create(&thread, NULL, rest, NULL);
  pthread_exit(NULL);
}
