#include "sandbox/watch.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace laconic::sandbox {
namespace {

// The text of /proc/PID/NAME; empty when the process is gone.
std::string_view read_entry(int proc, const char* pid, const char* name, char* buffer, std::size_t room) {
  char path[64];
  std::snprintf(path, sizeof path, "%s/%s", pid, name);
  const int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t size = read(fd, buffer, room - 1);
  close(fd);
  if (size <= 0) return {};
  buffer[size] = 0;
  return {buffer, static_cast<std::size_t>(size)};
}

// "VmRSS:   123 kB" → bytes.
std::int64_t kilobytes(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? 0 : std::strtoll(text.data() + at + key.size(), nullptr, 10) * 1024;
}

template <class Visit>
void each_process(int proc, Visit visit) {
  if (proc < 0 || lseek(proc, 0, SEEK_SET) != 0) return;
  struct Entry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
    char name[];
  };
  alignas(8) char buffer[8192];
  for (long size; (size = syscall(SYS_getdents64, proc, buffer, sizeof buffer)) > 0;)
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      at += entry->length;
      if (std::isdigit(static_cast<unsigned char>(entry->name[0]))) visit(entry->name);
    }
}

}  // namespace

std::int64_t Watch::box_bytes() const {
  struct statfs info {};
  if (box_ < 0 || fstatfs(box_, &info) != 0) return 0;
  return static_cast<std::int64_t>(info.f_blocks - info.f_bfree) * info.f_bsize;
}

void Watch::look() {
  static const std::int64_t tick_ns = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  std::int64_t cpu = 0, waited = 0, memory = 0;
  int threads = 0;
  each_process(proc_, [&](const char* pid) {
    char buffer[4096];
    const std::string_view stat = read_entry(proc_, pid, "stat", buffer, sizeof buffer);
    const std::size_t name_end = stat.rfind(')');  // the name may hold anything
    if (name_end == std::string_view::npos) return;
    unsigned long long user = 0, system = 0;
    long long child_user = 0, child_system = 0, count = 0;
    std::sscanf(stat.data() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d %*d %lld", &user, &system, &child_user,
                &child_system, &count);
    std::int64_t own = static_cast<std::int64_t>(user + system) * tick_ns;
    unsigned long long ran = 0, delayed = 0;  // of the first thread, in ns
    if (const auto sched = read_entry(proc_, pid, "schedstat", buffer, sizeof buffer); !sched.empty()) std::sscanf(sched.data(), "%llu %llu", &ran, &delayed);
    if (count == 1) own = std::max(own, static_cast<std::int64_t>(ran));
    cpu += own + (child_user + child_system) * tick_ns;
    if (std::strcmp(pid, "1") == 0) return;  // init: only what it inherited matters
    waited += static_cast<std::int64_t>(delayed);
    threads += static_cast<int>(count);
    const auto status = read_entry(proc_, pid, "status", buffer, sizeof buffer);
    memory += kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:");
  });
  // A process that nobody waits for takes its time with it: keep what was last seen.
  lost_cpu_ns_ += std::max<std::int64_t>(0, cpu_ns_ - cpu);
  lost_waited_ns_ += std::max<std::int64_t>(0, waited_ns_ - waited);
  cpu_ns_ = cpu;
  waited_ns_ = waited;
  threads_ = threads;
  memory_bytes_ = memory + box_bytes();
  peak_bytes_ = std::max(peak_bytes_, memory_bytes_);
}

std::int64_t Watch::exact_memory_bytes() const {
  std::int64_t memory = 0;
  each_process(proc_, [&](const char* pid) {
    char buffer[4096];
    const auto rollup = read_entry(proc_, pid, "smaps_rollup", buffer, sizeof buffer);
    if (rollup.find("Pss_Anon:") != std::string_view::npos) {
      memory += kilobytes(rollup, "Pss_Anon:") + kilobytes(rollup, "Pss_Shmem:");
    } else {  // gone, or a kernel that does not tell: the bound
      const auto status = read_entry(proc_, pid, "status", buffer, sizeof buffer);
      memory += kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:");
    }
  });
  return memory + box_bytes();
}

}  // namespace laconic::sandbox
