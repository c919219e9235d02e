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

// Calls visit(name) for the entries of a directory of /proc that are numbers.
template <class Visit>
void each_number(int proc, Visit visit) {
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

template <class Visit>
void each_thread(int proc, const char* pid, Visit visit) {
  char path[64];
  std::snprintf(path, sizeof path, "%s/task", pid);
  const int tasks = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  each_number(tasks, [&](const char* tid) {
    std::snprintf(path, sizeof path, "%s/task/%s", pid, tid);
    visit(path);
  });
  if (tasks >= 0) close(tasks);
}

// Of a process, bytes that are its own (not of a file); `name` is "status" or, with shared pages divided
// by their users, "smaps_rollup". When its first thread has ended, another one tells.
std::int64_t own_memory(int proc, const char* pid, const char* name, std::string_view anonymous, std::string_view shared) {
  char buffer[4096];
  const auto told = [&](const char* entry) {
    const auto text = read_entry(proc, entry, name, buffer, sizeof buffer);
    return text.find(anonymous) == std::string_view::npos ? -1 : kilobytes(text, anonymous) + kilobytes(text, shared);
  };
  std::int64_t memory = told(pid);
  if (memory < 0) each_thread(proc, pid, [&](const char* thread) { memory = std::max(memory, told(thread)); });
  return memory;
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
  each_number(proc_, [&](const char* pid) {
    char buffer[4096];
    const std::string_view stat = read_entry(proc_, pid, "stat", buffer, sizeof buffer);
    const std::size_t name_end = stat.rfind(')');  // the name may hold anything
    if (name_end == std::string_view::npos) return;
    unsigned long long user = 0, system = 0;
    long long child_user = 0, child_system = 0, count = 0;
    std::sscanf(stat.data() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d %*d %lld", &user, &system, &child_user,
                &child_system, &count);
    const int number = std::atoi(pid);
    if (number >= static_cast<int>(seen_.size())) seen_.resize(static_cast<std::size_t>(number) + 1);
    if (!seen_[number]) ++pids_seen_;
    seen_[number] = true;
    highest_pid_ = std::max(highest_pid_, number);
    std::int64_t own = static_cast<std::int64_t>(user + system) * tick_ns;
    std::int64_t ran_ns = 0, delayed_ns = 0;
    const auto add_schedule = [&](const char* entry) {
      long long ran = 0, delayed = 0;
      const auto text = read_entry(proc_, entry, "schedstat", buffer, sizeof buffer);
      if (!text.empty()) std::sscanf(text.data(), "%lld %lld", &ran, &delayed);
      wanted_ns_ = std::max<std::int64_t>(wanted_ns_, ran + delayed);
      ran_ns += ran;
      delayed_ns += delayed;
    };
    if (count > 1) each_thread(proc_, pid, add_schedule);
    else add_schedule(pid);
    own = std::max(own, ran_ns);  // finer than ticks
    cpu += own + (child_user + child_system) * tick_ns;
    if (std::strcmp(pid, "1") == 0) return;  // init: only what it inherited matters
    waited += delayed_ns;
    threads += static_cast<int>(count);
    memory += std::max<std::int64_t>(0, own_memory(proc_, pid, "status", "RssAnon:", "RssShmem:"));
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
  each_number(proc_, [&](const char* pid) {
    if (std::strcmp(pid, "1") == 0) return;
    std::int64_t own = own_memory(proc_, pid, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:");
    if (own < 0) own = own_memory(proc_, pid, "status", "RssAnon:", "RssShmem:");  // a kernel that does not tell: the bound
    memory += std::max<std::int64_t>(0, own);
  });
  return memory + box_bytes();
}

}  // namespace laconic::sandbox
