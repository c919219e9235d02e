#include "tests/sandbox/aftermath.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace laconic::sandbox::attacks {
namespace {

namespace fs = std::filesystem;

// Names that the programs give to everything they make.
constexpr const char* kMark = "laconic-attack";

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Stat {
  std::string name;
  pid_t parent = 0;
};

bool read_stat(pid_t pid, Stat& out) {
  const std::string text = read(fmt::format("/proc/{}/stat", pid));
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (close == std::string::npos) return false;
  char state = 0;
  std::istringstream(text.substr(close + 2)) >> state >> out.parent;
  out.name = text.substr(open + 1, close - open - 1) + (state == 'Z' ? " (zombie)" : "");
  return true;
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename();
    if (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)); })) pids.push_back(std::stoi(name));
  }
  return pids;
}

void descriptors_of(const std::string& who, pid_t pid, std::map<std::string, std::string>& out) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), none)) {
    std::error_code gone;
    const fs::path target = fs::read_symlink(entry.path(), gone);
    if (gone || target.string().rfind("/proc/", 0) == 0) continue;  // the folder that is being read
    out[fmt::format("descriptor {} of {}", entry.path().filename().string(), who)] = target.string();
  }
}

void marked_files(std::set<std::string>& out) {
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue", "/", "/home", "/root", "/usr", "/usr/bin", "/etc", "/opt", "/var", "."}) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      const std::string name = entry.path().filename();
      if (name.rfind(kMark, 0) == 0 || name.rfind("core", 0) == 0) out.insert(entry.path().string());
    }
  }
}

// Groups named after a launcher of ours, with what is in them.
void groups_of(const std::vector<pid_t>& launchers, std::set<std::string>& out) {
  std::error_code none;
  const auto walk = [&](auto&& self, const fs::path& folder, int depth) -> void {
    if (depth > 6) return;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      std::error_code gone;
      if (!entry.is_directory(gone) || entry.is_symlink(gone)) continue;
      const std::string path = entry.path().string();
      for (const pid_t pid : launchers)
        if (path.find(fmt::format("/laconic-{}-", pid)) != std::string::npos) {
          std::istringstream procs(read(entry.path() / "cgroup.procs"));
          int inside = 0;
          for (std::string line; std::getline(procs, line);) ++inside;
          out.insert(fmt::format("group {} with {} processes", path, inside));
        }
      self(self, entry.path(), depth + 1);
    }
  };
  walk(walk, "/sys/fs/cgroup", 0);
}

}  // namespace

std::map<pid_t, std::string> descendants(pid_t parent) {
  std::map<pid_t, Stat> all;
  for (const pid_t pid : all_pids())
    if (Stat s; read_stat(pid, s)) all[pid] = s;
  std::map<pid_t, std::string> below;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [pid, s] : all)
      if (!below.count(pid) && (s.parent == parent || below.count(s.parent))) below[pid] = s.name, grown = true;
  }
  return below;
}

std::vector<pid_t> launchers() {
  std::vector<pid_t> found;
  for (const pid_t pid : all_pids())
    if (Stat s; read_stat(pid, s) && s.parent == ::getpid() && s.name == "laconic-sandbox") found.push_back(pid);
  return found;
}

std::size_t descriptor_count(pid_t pid) {
  std::error_code none;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(fmt::format("/proc/{}/fd", pid), none), fs::directory_iterator{}));
}

std::int64_t resident_bytes(pid_t pid) {
  std::int64_t total = 0, resident = 0;
  std::istringstream(read(fmt::format("/proc/{}/statm", pid))) >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

Snapshot Snapshot::take() {
  Snapshot s;
  s.processes = descendants(::getpid());
  const std::vector<pid_t> ours = launchers();
  s.mounts["self"] = read("/proc/self/mounts");
  descriptors_of("the parent", ::getpid(), s.descriptors);
  for (const pid_t pid : ours) {
    s.mounts[fmt::format("launcher {}", pid)] = read(fmt::format("/proc/{}/mounts", pid));
    descriptors_of(fmt::format("launcher {}", pid), pid, s.descriptors);
  }
  groups_of(ours, s.groups);
  std::istringstream unix_sockets(read("/proc/net/unix"));
  for (std::string line; std::getline(unix_sockets, line);)
    if (line.find(kMark) != std::string::npos) s.sockets.insert("socket " + line.substr(line.rfind(' ') + 1));
  marked_files(s.files);
  for (const char* kind : {"shm", "msg", "sem"}) {
    std::istringstream lines(read(fmt::format("/proc/sysvipc/{}", kind)));
    for (std::string line; std::getline(lines, line);)
      if (line.find(" 6848 ") != std::string::npos || line.find(" 6849 ") != std::string::npos) s.queues.insert(std::string(kind) + line);  // 0x1ac0, 0x1ac1
  }
  for (const char* path : {"/bin/bash", "/usr/bin/env", "/etc/passwd", "/etc/hosts", "/etc/shadow", "/usr/lib/os-release", "/usr/include/stdio.h", "/etc", "/usr",
                           "/usr/bin", "/lib", "/root", "/dev/null", "/dev/zero", "/usr/lib/python3/dist-packages"}) {
    struct stat st {};
    if (::lstat(path, &st) == 0)
      s.host[path] = fmt::format("mode {:o} owner {}", st.st_mode, st.st_uid) +
                     // Others may install packages meanwhile: of folders only the mode and the owner.
                     (S_ISREG(st.st_mode) ? fmt::format(" size {} changed {}.{}", st.st_size, st.st_ctim.tv_sec, st.st_ctim.tv_nsec) : "");
  }
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  s.host["host name"] = name;
  for (const char* setting : {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory"}) s.host[setting] = read(setting);
  timespec real{}, boot{};
  ::clock_gettime(CLOCK_REALTIME, &real);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  s.host["clock, in steps of a thousand seconds"] = fmt::format("{}", (real.tv_sec - boot.tv_sec + 500) / 1000);
  return s;
}

namespace {

// "pipe:[81]" → "pipe:[#]", "laconic-1137-2304596339-0" → "laconic-#-#-#".
std::string without_numbers(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c));
    if (!digit) out += c;
    else if (out.empty() || out.back() != '#') out += '#';
  }
  return out;
}

// How many of each kind of thing that belongs to a place to run in. A launcher throws a place away that
// failed and makes another when it needs one, with other numbers: only more of a kind is left behind.
std::map<std::string, int> kinds(const Snapshot& s) {
  std::map<std::string, int> count;
  for (const auto& [pid, name] : s.processes) ++count["process " + name];
  for (const auto& [key, target] : s.descriptors) ++count[without_numbers(key + " " + target)];
  for (const std::string& group : s.groups) ++count[without_numbers(group)];
  return count;
}

}  // namespace

std::vector<std::string> differences(const Snapshot& before, const Snapshot& after) {
  std::vector<std::string> lines;
  const std::map<std::string, int> had = kinds(before);
  for (const auto& [kind, count] : kinds(after)) {
    const auto found = had.find(kind);
    const int expected = found == had.end() ? 0 : found->second;
    if (count > expected) lines.push_back(fmt::format("{} instead of {}: {}", count, expected, kind));
  }
  const auto maps = [&](const auto& a, const auto& b, const std::string& what) {
    for (const auto& [key, value] : b) {
      const auto found = a.find(key);
      if (found == a.end()) lines.push_back(fmt::format("{} {} is new: {}", what, key, value));
      else if (found->second != value) lines.push_back(fmt::format("{} {} was `{}` and is `{}`", what, key, found->second, value));
    }
    for (const auto& [key, value] : a)
      if (!b.count(key)) lines.push_back(fmt::format("{} {} ({}) is gone", what, key, value));
  };
  maps(before.mounts, after.mounts, "mounts of");
  maps(before.host, after.host, "the machine:");
  const auto sets = [&](const std::set<std::string>& a, const std::set<std::string>& b) {
    for (const std::string& x : b)
      if (!a.count(x)) lines.push_back(x + " is new");
    for (const std::string& x : a)
      if (!b.count(x)) lines.push_back(x + " is gone");
  };
  sets(before.sockets, after.sockets);
  sets(before.files, after.files);
  sets(before.queues, after.queues);
  return lines;
}

}  // namespace laconic::sandbox::attacks
