// Another user, more capabilities.
#include "attack.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
static unsigned long long field(const char* name) {
  static char text[8192];
  const int fd = open("/proc/self/status", O_RDONLY);
  if (fd < 0) return 0;
  const ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  text[n > 0 ? n : 0] = 0;
  const char* at = strstr(text, name);
  return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}
int main(void) {
  const uid_t before = getuid();
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}}, all[2] = {{~0u, ~0u, ~0u}, {~0u, ~0u, ~0u}};
  if (syscall(SYS_capget, &header, none) == 0) attempt("capabilities from the start", none[0].effective | none[1].effective | none[0].permitted | none[1].permitted);
  attempt("capset", syscall(SYS_capset, &header, all) == 0);
  attempt("an ambient capability", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0) == 0);
  attempt("securebits", prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0) == 0);
  attempt("effective capabilities", field("CapEff:\t") != 0);
  attempt("permitted capabilities", field("CapPrm:\t") != 0);
  attempt("inheritable capabilities", field("CapInh:\t") != 0);
  attempt("a bounding set", field("CapBnd:\t") != 0);
  attempt("no_new_privs is off", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
  attempt("no_new_privs can be taken back", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
  const gid_t groups[1] = {0};
  attempt("setgroups", setgroups(1, groups) == 0);
  if (before != 0) {
    attempt("setuid 0", setuid(0) == 0);
    attempt("setresuid 0", setresuid(0, 0, 0) == 0);
    attempt("setfsuid 0", (syscall(SYS_setfsuid, 0), syscall(SYS_setfsuid, -1)) == 0);
  }
  attempt("setgid 0", getgid() != 0 && setgid(0) == 0);
  attempt("another user", setresuid(12345, 12345, 12345) == 0);
  attempt("/etc/shadow", open("/etc/shadow", O_RDONLY) >= 0);
  return finish();
}
