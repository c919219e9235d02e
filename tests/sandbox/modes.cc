#include "tests/sandbox/modes.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace laconic::sandbox::attacks {
namespace {

constexpr uid_t kNobody = 65534;

// A group of that user below our own, in every hierarchy that matters. Gone with this object.
class DelegatedGroup {
 public:
  explicit DelegatedGroup(const std::string& name) {
    std::istringstream lines(read_file("/proc/self/cgroup"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t first = line.find(':'), second = line.find(':', first + 1);
      const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
      const fs::path top = controllers.empty() ? (fs::exists("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified")
                                               : "/sys/fs/cgroup/" + controllers;
      fs::path base = top;
      base += path == "/" ? "" : path;
      std::error_code failed;
      if (!fs::exists(base / "cgroup.procs")) base = top;  // a container shows only its own part
      const fs::path folder = base / name;
      if (!fs::create_directory(folder, failed)) continue;
      folders_.push_back(folder);
      for (const auto& entry : fs::directory_iterator(folder, failed)) (void)!::chown(entry.path().c_str(), kNobody, kNobody);
      (void)!::chown(folder.c_str(), kNobody, kNobody);
    }
  }
  ~DelegatedGroup() {
    for (const fs::path& folder : folders_) remove(folder);
  }
  DelegatedGroup(const DelegatedGroup&) = delete;

  void enter(pid_t pid) const {
    for (const fs::path& folder : folders_) std::ofstream(folder / "cgroup.procs") << pid;
  }

 private:
  static void remove(const fs::path& folder) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed))
      if (entry.is_directory(failed)) remove(entry.path());
    ::rmdir(folder.c_str());
  }
  std::vector<fs::path> folders_;
};

// What an ordinary user's process needs, where that user can read it.
class Copies {
 public:
  explicit Copies(const fs::path& self) {
    std::string folder = (fs::temp_directory_path() / "laconic-sandbox-test-XXXXXX").string();
    if (!::mkdtemp(folder.data())) throw Error("no folder can be made in " + fs::temp_directory_path().string());
    folder_ = folder;
    ::chmod(folder.c_str(), 0755);
    const fs::path build = std::getenv("LACONIC_BUILD"), source = std::getenv("LACONIC_SOURCE");
    fs::copy(self, folder_ / "test");
    fs::copy(build / "laconic-sandbox", folder_ / "laconic-sandbox");
    fs::create_directories(folder_ / "tests/sandbox");
    fs::copy(source / "tests/sandbox/attacks", folder_ / "tests/sandbox/attacks", fs::copy_options::recursive);
    fs::copy(build / "attacks", folder_ / "attacks", fs::copy_options::recursive);
  }
  ~Copies() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  Copies(const Copies&) = delete;
  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

[[noreturn]] void become(const Mode& mode, const fs::path& self, const Copies* copies, int argc, char** argv, int output) {
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::setenv("LACONIC_ATTACK_MODE", mode.name.c_str(), 1);
  fs::path binary = self;
  if (copies) {
    binary = copies->folder() / "test";
    ::setenv("LACONIC_SOURCE", copies->folder().c_str(), 1);
    ::setenv("LACONIC_BUILD", copies->folder().c_str(), 1);
    ::setenv("LACONIC_SANDBOX", (copies->folder() / "laconic-sandbox").c_str(), 1);
    ::setenv("HOME", "/nonexistent", 1);
    if (::chdir(copies->folder().c_str()) != 0 || ::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) std::_Exit(125);
  }
  std::vector<char*> words(argv, argv + argc);
  words.push_back(nullptr);
  ::execv(binary.c_str(), words.data());
  std::_Exit(126);
}

void copy_to_stdout(const fs::path& path) {
  std::fputs(read_file(path).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::vector<Mode> modes() {
  std::vector<Mode> all;
  for (const bool root : {true, false})
    for (const char level : {'A', 'B'})
      if (!root || ::geteuid() == 0) all.push_back({std::string(1, level) + (root ? "_root" : "_user"), level, root});
  return all;
}

Mode current_mode() {
  const char* name = std::getenv("LACONIC_ATTACK_MODE");
  if (!name) return {};
  return {name, name[0], std::string(name).find("root") != std::string::npos};
}

int run_modes(const std::vector<Mode>& modes, int argc, char** argv) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  struct Run {
    Mode mode;
    fs::path log;
    std::unique_ptr<Copies> copies;
    std::unique_ptr<DelegatedGroup> group;
  };
  std::map<pid_t, Run> running;
  bool failed = false;
  const auto reap = [&] {
    int status = 0;
    const pid_t pid = ::wait(&status);
    const auto found = running.find(pid);
    if (found == running.end()) return;
    std::printf("==== %s\n", found->second.mode.name.c_str());
    copy_to_stdout(found->second.log);
    std::printf("==== %s: %s\n", found->second.mode.name.c_str(), status == 0 ? "passed" : "FAILED");
    failed = failed || status != 0;
    fs::remove(found->second.log);
    running.erase(found);
  };
  for (const Mode& mode : modes) {
    if (running.size() >= 2) reap();
    Run run{mode, fs::temp_directory_path() / fmt::format("laconic-{}-{}.log", mode.name, ::getpid()), nullptr, nullptr};
    if (!mode.root && ::geteuid() == 0) {
      run.copies = std::make_unique<Copies>(self);
      if (mode.level == 'A') run.group = std::make_unique<DelegatedGroup>(fmt::format("laconic-test-{}", ::getpid()));
    }
    const int output = ::open(run.log.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    std::fflush(nullptr);
    int gate[2];
    if (output < 0 || ::pipe2(gate, O_CLOEXEC) != 0) throw Error("cannot start the mode " + mode.name);
    const pid_t pid = ::fork();
    if (pid == 0) {
      char go;
      (void)!::read(gate[0], &go, 1);  // until it is in its group
      become(mode, self, run.copies.get(), argc, argv, output);
    }
    if (run.group) run.group->enter(pid);
    (void)!::write(gate[1], "g", 1);
    ::close(gate[0]);
    ::close(gate[1]);
    ::close(output);
    running.emplace(pid, std::move(run));
  }
  while (!running.empty()) reap();
  return failed ? 1 : 0;
}

}  // namespace laconic::sandbox::attacks
