// Runs a program from places that hold data only.
#include "attack.h"
static int runs(const char* path) {
  const int in = open("/proc/self/exe", O_RDONLY), out = open(path, O_CREAT | O_WRONLY, 0755);
  if (in < 0 || out < 0) return 0;
  static char block[1 << 16];
  for (ssize_t n; (n = read(in, block, sizeof block)) > 0;)
    if (write(out, block, (size_t)n) != n) return 0;
  close(out);
  close(in);
  const pid_t child = fork();
  if (child == 0) {
    execl(path, path, "child", (char*)NULL);
    _exit(1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
int main(int argc, char** argv) {
  if (argc > 1 && is(argv[1], "child")) return 0;
  attempt("/dev", runs("/dev/laconic-attack"));
  attempt("/usr/bin", runs("/usr/bin/laconic-attack"));
  attempt("/proc", runs("/proc/laconic-attack"));
  return finish();
}
