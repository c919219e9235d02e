// A child crashes; is there a core file?
#include "attack.h"
#include <dirent.h>
int main(void) {
  if (fork() == 0) {
    *(volatile int*)16 = 1;
    _exit(0);
  }
  int status = 0;
  wait(&status);
  attempt("a core dump", WCOREDUMP(status));
  DIR* here = opendir(".");
  for (struct dirent* e; here && (e = readdir(here));) attempt(e->d_name, strncmp(e->d_name, "core", 4) == 0);
  return finish();
}
