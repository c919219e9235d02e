// The CPU is burnt by a child that is not waited for, its parent sleeps. `two`: by a grandchild in another session.
#include "attack.h"
int main(int argc, char** argv) {
  if (fork() == 0) {
    if (argc > 1) {
      setsid();
      if (fork() != 0) _exit(0);
    }
    burn();
  }
  for (;;) pause();
}
