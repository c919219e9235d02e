// Every family but AF_UNIX (and with `internet` AF_INET and AF_INET6), plainly and with a bit above the lower 32 set.
#include "attack.h"
#include <sys/socket.h>
int main(int argc, char** argv) {
  const int internet = argc > 1 && is(argv[1], "internet");
  for (long family = 0; family < 64; family++) {
    if (family == AF_UNIX || (internet && (family == AF_INET || family == AF_INET6))) continue;
    for (int type = 1; type <= 5; type++)
      for (int high = 0; high < 2; high++) {
        char what[64];
        snprintf(what, sizeof what, "socket family %ld type %d%s", family, type, high ? " with a high bit" : "");
        attempt(what, syscall(SYS_socket, high ? family | 1l << 32 : family, (long)type, 0l) >= 0);
        int pair[2];
        if (family != 0) attempt(what, syscall(SYS_socketpair, high ? family | 1l << 32 : family, (long)type, 0l, pair) >= 0);
      }
  }
  return finish();
}
