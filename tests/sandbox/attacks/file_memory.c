// Memory that no process's size shows: memfd | sysv | posix | pipes | mmap (shared anonymous) | deleted (unlinked files).
#include "attack.h"
#include <sys/ipc.h>
#include <sys/shm.h>
static int refused(const char* what) {
  printf("refused: %s\n", what);
  return 0;
}
static int fill(int fd, size_t bytes) {
  static char block[1 << 20];
  memset(block, 7, sizeof block);
  for (size_t done = 0; done < bytes; done += sizeof block)
    if (write(fd, block, sizeof block) <= 0) return 0;
  return 1;
}
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "memfd";
  // As large as one file may be, or as makes a gibibyte of few.
  const int files = is(how, "memfd") || is(how, "posix") || is(how, "deleted"), count = files ? 200 : 32;
  const size_t each = files ? (size_t)7 << 20 : (size_t)32 << 20;
  int full = 0, whole = 1;
  for (int i = 0; i < count; i++) {
    if (is(how, "memfd")) {
      const int fd = (int)syscall(SYS_memfd_create, "laconic-attack", 0);
      if (fd < 0) return refused("memfd_create");
      whole &= fill(fd, each);
    } else if (is(how, "sysv")) {
      const int id = shmget(IPC_PRIVATE, each, IPC_CREAT | 0600);
      if (id < 0) return i ? finish() : refused("shmget");
      char* p = shmat(id, NULL, 0);
      if (p == (void*)-1) return refused("shmat");
      memset(p, 7, each);
      shmdt(p);
    } else if (is(how, "posix")) {
      char name[64];
      snprintf(name, sizeof name, "/dev/shm/laconic-attack-%d", i);
      const int fd = open(name, O_CREAT | O_RDWR, 0600);
      if (fd < 0) return refused("/dev/shm");
      whole &= fill(fd, each);
      close(fd);
    } else if (is(how, "deleted")) {
      const int fd = open("gone", O_CREAT | O_RDWR | O_EXCL, 0600);
      if (fd < 0) return refused("a file");
      unlink("gone");
      fill(fd, each);  // kept open
    } else if (is(how, "mmap")) {
      char* p = mmap(NULL, each, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
      if (p == MAP_FAILED) return refused("mmap");
      memset(p, 7, each);
      // The mapping lives on in a child that the parent's size does not show.
      if (fork() == 0) for (;;) pause();
      munmap(p, each);
    } else {
      int ends[2];
      if (pipe2(ends, O_NONBLOCK) != 0) return refused("pipe");
      fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
      fill(ends[1], 1 << 20);
    }
    full++;
  }
  struct stat held;
  size_t kept = 0;
  for (int fd = 3; fd < 256; fd++)
    if (fstat(fd, &held) == 0 && S_ISREG(held.st_mode)) kept += (size_t)held.st_blocks * 512;
  if (is(how, "pipes") || is(how, "deleted")) attempt("more than 160 MiB", kept > (size_t)160 << 20);
  else attempt("a gibibyte", full == count && whole);
  return finish();
}
