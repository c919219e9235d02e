#include "sandbox/cgroup.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace laconic::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "laconic-";
// What keeper, init and the kernel's own records of a run take, beside the program.
constexpr std::int64_t kReserveBytes = 4 << 20;
constexpr int kReserveProcesses = 3;  // keeper, the warm interpreter's keeper, init

// A control file held open: read and written many times at offset 0.
class Control {
 public:
  Control() = default;
  Control(const std::string& path, bool write) : fd_(open(path.c_str(), (write ? O_RDWR : O_RDONLY) | O_CLOEXEC)), path_(path) {}
  Control(Control&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  Control& operator=(Control&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~Control() {
    if (fd_ >= 0) close(fd_);
  }
  bool there() const { return fd_ >= 0; }

  void write(std::int64_t value) const {
    const std::string text = std::to_string(value);
    if (!try_write(text)) throw Error("cannot write " + text + " to " + path_ + ": " + std::strerror(errno), "sandbox");
  }
  bool try_write(const std::string& text) const { return pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()); }

  // The number alone, or the one after `key`; 0 when there is none.
  std::int64_t number(std::string_view key = {}) const {
    char buffer[4096];
    const ssize_t size = fd_ < 0 ? -1 : pread(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) return 0;
    std::string_view text(buffer, size);
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      std::int64_t value = 0;
      if (key.empty()) {
        std::from_chars(line.data(), line.data() + line.size(), value);
        return value;
      }
      if (line.size() > key.size() && line.substr(0, key.size()) == key && line[key.size()] == ' ') {
        std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), value);
        return value;
      }
    }
    return 0;
  }

 private:
  int fd_ = -1;
  std::string path_;
};

// Folders that go with this object.
class MadeFolders {
 public:
  MadeFolders() = default;
  MadeFolders(const MadeFolders&) = delete;
  ~MadeFolders() {
    for (const std::string& path : paths_)
      for (int attempt = 0; rmdir(path.c_str()) != 0 && errno == EBUSY && attempt < 50; ++attempt) usleep(2000);  // the last process is just going
  }
  void make(const std::string& path) {
    if (std::find(paths_.begin(), paths_.end(), path) != paths_.end()) return;
    if (mkdir(path.c_str(), 0755) != 0) throw Error("cannot make " + path + ": " + std::strerror(errno), "sandbox");
    paths_.push_back(path);
  }
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;
};

// The parts in which the versions differ are the names of the files.
struct Names {
  const char *limit, *limit_with_swap, *now, *peak, *events, *cpu, *cpu_key;
  std::int64_t cpu_unit_ns;
};
constexpr Names kV1 = {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes",
                       "memory.oom_control", "cpuacct.usage", "", 1};
constexpr Names kV2 = {"memory.max", "memory.swap.max", "memory.current", "memory.peak", "memory.events", "cpu.stat", "usage_usec", 1000};

// Folders of the hierarchies; on version 2 all are the same one.
struct Folders {
  std::string memory, cpu, pids;  // pids empty: not mounted
  bool v2 = false;
};

class ControlGroup : public Group {
 public:
  ControlGroup(const Folders& parents, const std::string& name) : names_(parents.v2 ? kV2 : kV1), v2_(parents.v2) {
    const auto child = [&](const std::string& parent) {
      const std::string path = parent + "/" + name;
      made_.make(path);
      return path;
    };
    const std::string memory = child(parents.memory), cpu = child(parents.cpu);
    limit_ = need(memory, names_.limit, true);
    with_swap_ = Control(memory + "/" + names_.limit_with_swap, true);
    now_ = need(memory, names_.now, false);
    peak_ = Control(memory + "/" + names_.peak, true);
    events_ = need(memory, names_.events, false);
    cpu_ = need(cpu, names_.cpu, false);
    if (v2_ && with_swap_.there()) with_swap_.write(0);
    if (parents.pids.empty()) return;
    const std::string pids = child(parents.pids);
    pids_limit_ = need(pids, "pids.max", true);
    pids_events_ = Control(pids + "/pids.events", false);
  }

  void enter(pid_t pid) override {
    for (const std::string& path : made_.paths()) Control(path + "/cgroup.procs", true).write(pid);
  }

  void begin(std::int64_t memory_bytes, int processes) override {
    if (memory_bytes != memory_bytes_) set_memory(memory_bytes);
    if (processes != processes_ && pids_limit_.there()) pids_limit_.write(processes + kReserveProcesses);
    processes_ = processes;
    ooms_ = events_.number("oom_kill");
    refusals_ = pids_events_.number("max");
    resettable_ = peak_.there() && peak_.try_write("0");
    base_bytes_ = now_.number();
    base_peak_ = peak_.number();
    highest_ = 0;
    base_cpu_ = 0;
    base_cpu_ = cpu_ns();
  }

  std::int64_t cpu_ns() override { return cpu_.number(names_.cpu_key) * names_.cpu_unit_ns - base_cpu_; }
  bool out_of_memory() override { return events_.number("oom_kill") > ooms_; }

  Usage usage() override {
    Usage usage;
    usage.memory_bytes = std::max<std::int64_t>(0, now_.number() - base_bytes_);
    highest_ = std::max(highest_, usage.memory_bytes);
    // A peak that cannot be set back (version 2 before Linux 6.12) tells only when this run raised it.
    const std::int64_t peak = peak_.number();
    usage.peak_bytes = resettable_ || peak > base_peak_ ? std::max(highest_, peak - base_bytes_) : highest_;
    usage.out_of_memory = out_of_memory();
    usage.process_refused = pids_events_.number("max") > refusals_;
    return usage;
  }

 private:
  static Control need(const std::string& folder, const char* name, bool write) {
    Control control(folder + "/" + name, write);
    if (!control.there()) throw Error("cannot open " + folder + "/" + name + ": " + std::strerror(errno), "sandbox");
    return control;
  }

  // Version 1 keeps memory ≤ memory + swap at every moment, so the order depends on the direction.
  void set_memory(std::int64_t memory_bytes) {
    const std::int64_t limit = memory_bytes + kReserveBytes;
    const bool both = !v2_ && with_swap_.there();
    if (both && memory_bytes > memory_bytes_) with_swap_.write(limit);
    limit_.write(limit);
    if (both && memory_bytes <= memory_bytes_) with_swap_.write(limit);
    memory_bytes_ = memory_bytes;
  }

  const Names& names_;
  bool v2_;
  MadeFolders made_;
  Control limit_, with_swap_, now_, peak_, events_, cpu_, pids_limit_, pids_events_;
  // At first above every limit, as the kernel has it: the first set_memory() lowers.
  std::int64_t memory_bytes_ = std::int64_t{1} << 62;
  int processes_ = -1;
  bool resettable_ = false;
  std::int64_t ooms_ = 0, refusals_ = 0, base_bytes_ = 0, base_peak_ = 0, base_cpu_ = 0, highest_ = 0;
};

// Groups left by a launcher that was killed.
void sweep(const std::string& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    if (name.rfind(kPrefix, 0) != 0) continue;
    const int pid = std::atoi(name.c_str() + std::strlen(kPrefix));
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) rmdir(entry.path().c_str());
  }
}

class Maker : public GroupMaker {
 public:
  explicit Maker(Folders parents) : parents_(std::move(parents)) {
    for (const std::string& parent : {parents_.memory, parents_.cpu, parents_.pids})
      if (!parent.empty()) sweep(parent);
  }
  std::unique_ptr<Group> make(const std::string& name) override {
    return std::make_unique<ControlGroup>(parents_, kPrefix + std::to_string(getpid()) + "-" + unique_ + "-" + name);
  }
  std::string description() const override {
    return parents_.v2 ? "cgroup v2 at " + parents_.memory : std::string("cgroup v1 (memory, cpuacct") + (parents_.pids.empty() ? ")" : ", pids)");
  }

 private:
  Folders parents_;
  // Launchers in two pid namespaces may have the same number and the same cgroup.
  const std::string unique_ = std::to_string(std::random_device()());
};

// Where each hierarchy is mounted, and this process's folder in it: "memory" → …; "" → version 2.
std::map<std::string, std::string> own_folders() {
  std::map<std::string, std::pair<std::string, std::string>> mounts;  // controller → mount point, root of the mount
  std::ifstream info("/proc/self/mountinfo");
  for (std::string line; std::getline(info, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point, options, word, type, source, super;
    fields >> id >> parent >> device >> root >> point >> options;
    while (fields >> word && word != "-") {}
    fields >> type >> source >> super;
    if (type == "cgroup2") mounts[""] = {point, root};
    if (type != "cgroup") continue;
    std::istringstream parts(super);
    while (std::getline(parts, word, ',')) mounts[word] = {point, root};
  }
  std::map<std::string, std::string> folders;
  std::ifstream own("/proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream controllers(line.substr(first + 1, second - first - 1));
    std::string path = line.substr(second + 1), name;
    bool any = false;
    const auto place = [&](const std::string& controller) {
      const auto mount = mounts.find(controller);
      if (mount == mounts.end()) return;
      const auto& [point, root] = mount->second;
      std::string below = root != "/" && path.rfind(root, 0) == 0 ? path.substr(root.size()) : path;
      if (below == "/") below.clear();
      if (fs::exists(point + below)) folders[controller] = point + below;
    };
    for (; std::getline(controllers, name, ','); any = true) place(name);
    if (!any) place("");
  }
  return folders;
}

bool has_word(const std::string& file, const std::string& word) {
  std::ifstream in(file);
  for (std::string found; in >> found;)
    if (found == word) return true;
  return false;
}

// The nearest folder at or above `own` whose children get the controllers, and where we may make one.
std::optional<std::string> delegated(std::string own, const std::string& mount_root) {
  for (;; own = fs::path(own).parent_path()) {
    const std::string control = own + "/cgroup.subtree_control";
    if (access(own.c_str(), W_OK) == 0) {
      if (!has_word(control, "memory") || !has_word(control, "pids")) {
        std::ofstream out(control);
        out << "+memory +pids";  // refused where processes live in the folder itself
      }
      if (has_word(control, "memory") && has_word(control, "pids")) return own;
    }
    if (own == mount_root || own.size() <= 1) return std::nullopt;
  }
}

}  // namespace

std::unique_ptr<GroupMaker> find_groups(std::string& reason) {
  const auto folders = own_folders();
  std::vector<Folders> candidates;
  if (folders.count("memory") && folders.count("cpuacct"))
    candidates.push_back({folders.at("memory"), folders.at("cpuacct"), folders.count("pids") ? folders.at("pids") : "", false});
  if (folders.count("") && fs::exists(folders.at("") + "/cgroup.controllers") && has_word(folders.at("") + "/cgroup.controllers", "memory"))
    if (const auto parent = delegated(folders.at(""), "/sys/fs/cgroup")) candidates.push_back({*parent, *parent, *parent, true});
  reason = "no cgroup with the memory controller may be made here: run as root, or in a unit with systemd's Delegate=yes "
           "(systemd-run --user --scope -p Delegate=yes …)";
  for (const Folders& parents : candidates) try {
      auto maker = std::make_unique<Maker>(parents);
      const auto group = maker->make("probe");
      group->begin(64 << 20, 8);
      reason.clear();
      return maker;
    } catch (const Error& error) {
      reason = error.message() + "; run as root, or in a unit with systemd's Delegate=yes";
    }
  return nullptr;
}

}  // namespace laconic::sandbox
