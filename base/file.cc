#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/durable_file.h"
#include "base/error.h"

namespace laconic {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::atomic<std::size_t>& write_budget() {
  static std::atomic<std::size_t> budget = [] {
    const char* text = std::getenv("LACONIC_FAIL_WRITES_AFTER");
    return text ? static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) : kNoLimit;
  }();
  return budget;
}

Error system_error(const char* action, const fs::path& path, int code) {
  std::string next;
  if (code == ENOSPC) next = "free some space (`df -h " + path.parent_path().string() + "`), then resume; nothing written before is lost";
  if (code == EACCES) next = "check its permissions (`ls -l " + path.string() + "`)";
  return Error(std::string("cannot ") + action + " `" + path.string() + "`: " + std::strerror(code), "", next);
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, const char* action) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw system_error(action, path, errno);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  if (auto& budget = write_budget(); budget.load() != kNoLimit) {
    if (bytes.size() > budget.load()) throw system_error("write", path, ENOSPC);
    budget -= bytes.size();
  }
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void fail_writes_after(std::size_t bytes) { write_budget() = bytes; }

std::string read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY, "read");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw system_error("read", path, errno);
  if (S_ISDIR(info.st_mode)) throw system_error("read", path, EISDIR);
  std::string bytes;
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("read", path, errno);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

DurableFile::DurableFile(const fs::path& path) : path_(path), temporary_(path.string() + ".tmp") {
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) throw system_error("write", temporary_, errno);
}

DurableFile::~DurableFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void DurableFile::write(std::string_view bytes) {
  write_all(fd_, bytes, path_);
  size_ += bytes.size();
}

void DurableFile::commit() {
  if (::fsync(fd_) != 0) throw system_error("sync", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw system_error("rename", path_, errno);
  ::close(fd_);
  fd_ = -1;
  sync_file(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
}

void write_file_durably(const fs::path& path, std::string_view bytes) {
  DurableFile file(path);
  file.write(bytes);
  file.commit();
}

void append_file(const fs::path& path, std::string_view bytes) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND, "append to");
  write_all(file.get(), bytes, path);
}

void sync_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY, "sync");
  if (::fsync(file.get()) != 0) throw system_error("sync", path, errno);
}

void publish_folder(const fs::path& temporary, const fs::path& final_path) {
  for (const auto& entry : fs::recursive_directory_iterator(temporary)) sync_file(entry.path());
  sync_file(temporary);
  if (::rename(temporary.c_str(), final_path.c_str()) != 0) throw system_error("rename", final_path, errno);
  sync_file(final_path.has_parent_path() ? final_path.parent_path() : fs::path("."));
}

std::uintmax_t free_bytes(const fs::path& path) {
  fs::path probe = fs::absolute(path);
  while (!fs::exists(probe) && probe.has_parent_path() && probe != probe.parent_path()) probe = probe.parent_path();
  return fs::space(probe).available;
}

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const Descriptor file(path, O_RDONLY, "read");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw system_error("read", path, errno);
  if (!S_ISREG(info.st_mode)) throw system_error("map", path, S_ISDIR(info.st_mode) ? EISDIR : EINVAL);
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ == 0) return;
  data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    throw system_error("map", path, errno);
  }
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

}  // namespace laconic
