// The file seam: whole-file reads, durable writes, memory maps. Every failure is an Error that
// names the path and the reason; a failed write leaves the old file as it was.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace laconic {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path);

// Writes to `path`.tmp, fsyncs, renames over `path`, fsyncs the folder.
void write_file_durably(const fs::path& path, std::string_view bytes);

// Appends and flushes to the kernel (not fsynced).
void append_file(const fs::path& path, std::string_view bytes);

void sync_file(const fs::path& path);    // fsync of a file or folder

// Renames a finished folder into place: fsyncs every file in `temporary`, renames it to `final`,
// fsyncs the parent. `final` must not exist.
void publish_folder(const fs::path& temporary, const fs::path& final_path);

// Bytes free to this user on the file system that holds `path` (or its nearest existing parent).
std::uintmax_t free_bytes(const fs::path& path);

// Read-only memory map of a whole file; empty files map to an empty span.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Test seam: when set, durable writes fail as if the disk were full once this many bytes were
// written (LACONIC_FAIL_WRITES_AFTER in the environment sets it at start).
void fail_writes_after(std::size_t bytes);

}  // namespace laconic
