#include "sandbox/identity.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/error.h"

namespace laconic::sandbox {

bool write_text(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = static_cast<ssize_t>(std::strlen(text));
  const bool done = write(fd, text, size) == size;
  const int error = errno;
  close(fd);
  errno = error;
  return done;
}

const char* write_identity_maps(unsigned outer_user, unsigned outer_group, unsigned inside_user, unsigned inside_group) {
  char line[64];
  std::snprintf(line, sizeof line, "%u %u 1", inside_user, outer_user);
  if (!write_text("/proc/self/uid_map", line)) return "uid_map";
  if (!write_text("/proc/self/setgroups", "deny")) return "setgroups";
  std::snprintf(line, sizeof line, "%u %u 1", inside_group, outer_group);
  if (!write_text("/proc/self/gid_map", line)) return "gid_map";
  return nullptr;
}

void enter_user_namespace(int more) {
  const unsigned user = geteuid(), group = getegid();
  if (unshare(CLONE_NEWUSER | more) != 0)
    throw Error(std::string("a user namespace cannot be made: ") + std::strerror(errno), "sandbox", "laconic doctor");
  if (const char* step = write_identity_maps(user, group, user, group))
    throw Error(std::string(step) + " cannot be written: " + std::strerror(errno), "sandbox", "laconic doctor");
}

}  // namespace laconic::sandbox
