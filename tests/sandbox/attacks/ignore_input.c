// Never reads its large input; or closes it; then ends well.
#include "attack.h"
int main(int argc, char** argv) {
  if (argc > 1) close(0);
  puts("done");
  return 0;
}
