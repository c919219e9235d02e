// The only file that sees Boost.Process.
#include "pipeline/supervisor.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "wire/connection.h"

namespace laconic::pipeline {
namespace {

namespace bp = boost::process;

fs::path binary_folder() {
  if (const char* folder = std::getenv("LACONIC_BIN_DIR")) return folder;
  return fs::read_symlink("/proc/self/exe").parent_path();
}

fs::path find_binary(const std::string& name) {
  const fs::path path = binary_folder() / name;
  if (::access(path.c_str(), X_OK) != 0)
    throw Error("there is no executable `" + path.string() + "`", "",
                "`./dev build` builds it; LACONIC_BIN_DIR names the folder when it is elsewhere");
  return path;
}

std::string exit_text(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

double resident_mb(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  double total = 0, resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace

struct ProcessLauncher::Impl {
  fs::path laconic, learner;
  wire::Context context;
  std::map<std::string, bp::child> children;
};

ProcessLauncher::ProcessLauncher() : impl_(std::make_unique<Impl>()) {
  impl_->laconic = find_binary("laconic");
  impl_->learner = find_binary("laconic-learner");
}

ProcessLauncher::~ProcessLauncher() { finish(0); }

wire::Context& ProcessLauncher::context() { return impl_->context; }

std::string ProcessLauncher::endpoint(const fs::path& run) {
  // A unix socket's path holds 107 bytes; a run deep in the tree puts it under the temporary folder.
  const std::string path = (run / "hub.sock").string();
  if (path.size() <= 100) return "ipc://" + path;
  return "ipc://" + (fs::temp_directory_path() / fmt::format("laconic-{}.sock", ::getpid())).string();
}

void ProcessLauncher::start(const RoleCommand& command) {
  const fs::path binary = command.role == "learner" ? impl_->learner : impl_->laconic;
  bp::environment environment = boost::this_process::environment();
  for (const auto& [name, value] : command.environment) environment[name] = value;
  if (command.restarted) environment.erase(kFailpointVariable);
  std::FILE* log = std::fopen(command.log.c_str(), "ae");
  if (!log) throw Error("cannot write `" + command.log.string() + "`: " + std::strerror(errno));
  const pid_t parent = ::getpid();
  std::error_code failed;
  bp::child child(
      binary.string(), bp::args({std::string("role"), command.role, std::string("--endpoint"), command.endpoint, std::string("--identity"), command.identity}),
      environment, bp::std_in < bp::null, (bp::std_out & bp::std_err) > log, failed,
      bp::extend::on_exec_setup = [parent](auto&) {
        ::setpgid(0, 0);  // Ctrl-C in the terminal is the hub's to handle
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);  // the parent died in between
      });
  std::fclose(log);
  if (failed) throw Error("cannot start `" + binary.string() + " role " + command.role + "`: " + failed.message());
  impl_->children[command.identity] = std::move(child);
}

std::vector<RoleExit> ProcessLauncher::reap() {
  std::vector<RoleExit> out;
  for (auto at = impl_->children.begin(); at != impl_->children.end();) {
    std::error_code failed;
    if (at->second.running(failed)) {
      ++at;
      continue;
    }
    out.push_back({at->first, exit_text(at->second.native_exit_code())});
    at = impl_->children.erase(at);
  }
  return out;
}

void ProcessLauncher::kill(const std::string& identity) {
  if (const auto found = impl_->children.find(identity); found != impl_->children.end()) ::kill(-found->second.id(), SIGKILL);
}

void ProcessLauncher::finish(double grace_seconds) {
  const double end = Clock::system().now() + grace_seconds;
  while (reap(), !impl_->children.empty() && Clock::system().now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  for (auto& [identity, child] : impl_->children) {
    ::kill(-child.id(), SIGKILL);
    std::error_code ignored;
    child.wait(ignored);
  }
  impl_->children.clear();
}

double ProcessLauncher::rss_mb() {
  double sum = resident_mb(::getpid());
  for (auto& [identity, child] : impl_->children) sum += resident_mb(child.id());
  return sum;
}

std::string ProcessLauncher::learner_version() const {
  bp::ipstream out;
  std::error_code failed;
  bp::child child(impl_->learner.string(), bp::args({std::string("--version")}), bp::std_in < bp::null, bp::std_out > out, bp::std_err > bp::null, failed);
  std::string line;
  if (!failed) std::getline(out, line);
  if (failed || !child.wait_for(std::chrono::seconds(30), failed)) child.terminate(failed);
  if (line.empty())
    throw Error("`" + impl_->learner.string() + " --version` answers nothing", "", "run it by hand to see why; `./dev build` rebuilds it");
  return line;
}

}  // namespace laconic::pipeline
