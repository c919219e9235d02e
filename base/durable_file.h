// A file written piece by piece that appears under its name only when it is whole.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/file.h"

namespace laconic {

class DurableFile {
 public:
  // Opens `path`.tmp (replacing one that is left there). Every failure is an Error as in base/file.h.
  explicit DurableFile(const fs::path& path);
  ~DurableFile();  // removes the temporary file when commit() was not reached
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write(std::string_view bytes);
  std::uint64_t size() const { return size_; }  // bytes written so far
  void commit();                                // fsync, rename to `path`, fsync the folder

 private:
  fs::path path_, temporary_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace laconic
