#include "learner/kept_file.h"

#include <fcntl.h>
#include <unistd.h>

namespace laconic::learner {

KeptFile::KeptFile(const fs::path& path, std::string sha256) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), sha256_(std::move(sha256)) {}

KeptFile::~KeptFile() {
  if (fd_ >= 0) ::close(fd_);
}

bool KeptFile::link_to(const fs::path& path) const {
  if (fd_ < 0) return false;
  // By way of /proc an open file can be linked without privileges (open(2), O_TMPFILE).
  const std::string open_file = "/proc/self/fd/" + std::to_string(fd_);
  return ::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

}  // namespace laconic::learner
