#include "verifiers/custom/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"

extern char** environ;

namespace laconic::verifiers::custom {
namespace {

// Ours, with the given variables in place of those of the same name.
std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
  std::vector<std::string> out;
  for (char** at = environ; *at; ++at) {
    const std::string_view entry(*at);
    const std::string_view name = entry.substr(0, entry.find('='));
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& a) { return std::string_view(a).substr(0, a.find('=')) == name; });
    if (!replaced) out.emplace_back(entry);
  }
  out.insert(out.end(), added.begin(), added.end());
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

void close_from(unsigned first, int keep) {
  for (const auto& [from, to] : {std::pair<unsigned, unsigned>{first, static_cast<unsigned>(keep) - 1}, {static_cast<unsigned>(keep) + 1, ~0u}}) {
    if (from > to) continue;
    if (::syscall(SYS_close_range, from, to, 0) != 0)
      for (unsigned fd = from; fd <= std::min(to, 65535u); ++fd) ::close(static_cast<int>(fd));
  }
}

// Between fork and exec: only calls that are safe there. Reports errno through `failed` and ends.
[[noreturn]] void become(const char* program, char* const* argv, char* const* env, const char* cwd, int in, int out, int err, int failed, pid_t parent) {
  const auto give_up = [&] {
    const int code = errno;
    [[maybe_unused]] const auto ignored = ::write(failed, &code, sizeof code);
    ::_exit(127);
  };
  ::setpgid(0, 0);  // Ctrl-C in the terminal is our owner's to handle
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died in between
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Our ends may be 0, 1 or 2 themselves: move all four out of the way first.
  const int high[] = {::fcntl(in, F_DUPFD, 10), ::fcntl(out, F_DUPFD, 10), ::fcntl(err, F_DUPFD, 10)};
  const int report = ::fcntl(failed, F_DUPFD_CLOEXEC, 10);
  if (high[0] < 0 || high[1] < 0 || high[2] < 0 || report < 0) give_up();
  failed = report;
  for (int i = 0; i < 3; ++i)
    if (::dup2(high[i], i) < 0) give_up();
  close_from(3, failed);
  if (cwd && ::chdir(cwd) != 0) give_up();
  ::execve(program, argv, env);
  give_up();
  ::_exit(127);
}

class Process : public Child {
 public:
  Process(pid_t pid, Descriptor exit) : pid_(pid), exit_(std::move(exit)) {}
  ~Process() override {
    kill();
    while (!ended_) {
      int status = 0;
      const pid_t got = ::waitpid(pid_, &status, 0);
      if (got == pid_ || (got < 0 && errno != EINTR)) ended_ = exit_text(status);
    }
  }

  std::optional<std::string> ended() override {
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      ::kill(-pid_, SIGKILL);  // what it started does not outlive it
      ended_ = exit_text(status);
    }
    return ended_;
  }
  void kill() override {
    if (!ended_) ::kill(-pid_, SIGKILL);
  }
  int exit_fd() const override { return exit_.get(); }
  pid_t pid() const override { return pid_; }

 private:
  pid_t pid_;
  Descriptor exit_;
  std::optional<std::string> ended_;
};

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::close() {
  if (fd_ >= 0) ::close(release());
}

Pipe Pipe::make() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(std::string("cannot make a pipe: ") + std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void make_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::string exit_text(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

std::string find_program(const std::string& name, const std::string& cwd) {
  const auto executable = [](const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    const fs::path path = fs::path(cwd) / name;
    if (executable(path)) return fs::absolute(path).string();
    if (fs::exists(path)) throw Error("`" + path.string() + "` is not executable", "verifier", "`chmod +x " + path.string() + "` makes it so");
    throw Error("there is no program `" + path.string() + "`", "verifier");
  }
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin"; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (const fs::path candidate = fs::path(rest.substr(0, colon)) / name; colon > 0 && executable(candidate)) return fs::absolute(candidate).string();
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  throw Error("there is no program `" + name + "` in PATH", "verifier", "name it with its folder, for a file beside you `./" + name + "`");
}

std::unique_ptr<Child> start_child(const Launch& launch) {
  const std::string program = find_program(launch.command.at(0), launch.cwd);
  std::vector<std::string> words = launch.command, variables = merged_environment(launch.environment);
  const std::vector<char*> argv = pointers(words), env = pointers(variables);
  Pipe in = Pipe::make(), out = Pipe::make(), err = Pipe::make(), failed = Pipe::make();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw Error(std::string("cannot start a process: ") + std::strerror(errno));
  if (pid == 0)
    become(program.c_str(), argv.data(), env.data(), launch.cwd.empty() ? nullptr : launch.cwd.c_str(), in.read.get(), out.write.get(),
           err.write.get(), failed.write.get(), parent);
  failed.write.close();
  int code = 0;
  ssize_t got;
  while ((got = ::read(failed.read.get(), &code, sizeof code)) < 0 && errno == EINTR) {
  }
  if (got == sizeof code) {
    ::waitpid(pid, nullptr, 0);
    throw Error("cannot start `" + program + "`" + (launch.cwd.empty() ? "" : " in `" + launch.cwd + "`") + ": " + std::strerror(code), "verifier");
  }
  ::setpgid(pid, pid);  // done by the child too; whoever comes first
  auto child = std::make_unique<Process>(pid, Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  child->in = std::move(in.write);
  child->out = std::move(out.read);
  child->err = std::move(err.read);
  for (const Descriptor* end : {&child->in, &child->out, &child->err}) make_nonblocking(end->get());
  return child;
}

}  // namespace laconic::verifiers::custom
