// Uncovers or changes mounts; one attempt a run, since the first may be the last.
#include "attack.h"
#include <sys/mount.h>
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  mkdir("m", 0777);
  int r = -1;
  if (is(how, "bind")) r = mount("/", "m", NULL, MS_BIND | MS_REC, NULL);
  else if (is(how, "remount")) r = mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL);
  else if (is(how, "remount-root")) r = mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
  else if (is(how, "tmpfs")) r = mount("t", "m", "tmpfs", 0, NULL);
  else if (is(how, "proc")) r = mount("p", "m", "proc", 0, NULL);
  else if (is(how, "sysfs")) r = mount("s", "m", "sysfs", 0, NULL);
  else if (is(how, "cgroup")) r = mount("c", "m", "cgroup2", 0, NULL);
  else if (is(how, "overlay")) r = mount("o", "m", "overlay", 0, "lowerdir=/usr,upperdir=m,workdir=m");
  else if (is(how, "shared")) r = mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL);
  else if (is(how, "umount")) r = umount2("/usr", MNT_DETACH);
  else if (is(how, "umount-proc")) r = umount2("/proc", MNT_DETACH);
  else if (is(how, "umount-root")) r = umount2("/", MNT_DETACH);
  else if (is(how, "pivot_root")) r = (int)syscall(SYS_pivot_root, ".", "m");
  else return 9;
  attempt(how, r == 0);
  return finish();
}
