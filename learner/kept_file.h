// A file that does not change from one checkpoint to the next: written once, then linked.
#pragma once

#include <string>

#include "base/file.h"

namespace laconic::learner {

// Held open, so that it is found whatever its folder is called by now. Not copyable.
class KeptFile {
 public:
  // `sha256`: of its bytes. A file that cannot be opened is simply never linked.
  KeptFile(const fs::path& path, std::string sha256);
  ~KeptFile();
  KeptFile(const KeptFile&) = delete;

  // Gives the file a second name. false when that cannot be (deleted since, another file system): the
  // caller writes it again.
  bool link_to(const fs::path& path) const;
  const std::string& sha256() const { return sha256_; }

 private:
  int fd_ = -1;
  std::string sha256_;
};

}  // namespace laconic::learner
