// Descriptors: `open` until refused, or `flight`: sockets full of descriptors that nobody holds open.
#include "attack.h"
#include <sys/socket.h>
int main(int argc, char** argv) {
  int made = 0;
  if (argc > 1 && is(argv[1], "flight")) {
    for (; made < 100000; made++) {
      int pair[2];
      if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) break;
      char byte = 0, control[CMSG_SPACE(2 * sizeof(int))] = {0};
      struct iovec data = {&byte, 1};
      struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
      struct cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(2 * sizeof(int));
      memcpy(CMSG_DATA(header), pair, sizeof pair);
      const ssize_t sent = sendmsg(pair[0], &message, MSG_DONTWAIT);
      close(pair[0]);
      close(pair[1]);
      if (sent < 0) break;
    }
    attempt("more than 10,000 descriptors in flight", made > 10000);
    return finish();
  }
  for (; made < 100000; made++)
    if (open("/dev/null", O_RDONLY) < 0) break;
  attempt("more than 256 open files", made > 256);
  return finish();
}
