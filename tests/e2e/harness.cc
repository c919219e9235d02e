#include "tests/e2e/harness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace laconic::e2e {
namespace {

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

fs::path from_environment(const char* name, const fs::path& fallback) {
  const char* text = std::getenv(name);
  return text ? fs::path(text) : fallback;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

fs::path source_root() { return from_environment("LACONIC_SOURCE", fs::current_path()); }
fs::path build_root() { return from_environment("LACONIC_BUILD", source_root() / "build"); }

Scratch::Scratch(const std::string& name)
    : path_(fs::temp_directory_path() / ("laconic-" + name + "-" + std::to_string(::getpid()))) {
  fs::remove_all(path_);
  fs::create_directories(path_);
}

Scratch::~Scratch() {
  if (::testing::Test::HasFailure()) std::printf("kept for inspection: %s\n", path_.c_str());
  else fs::remove_all(path_);
}

Process::Process(const fs::path& folder, const std::vector<std::string>& words, const Environment& environment) {
  static std::atomic<int> counter{0};
  log_ = folder / ("output-" + std::to_string(counter++) + ".txt");
  const std::string binary = (build_root() / "laconic").string();
  std::vector<char*> arguments = {const_cast<char*>(binary.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    const int out = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (::chdir(folder.c_str()) != 0) ::_exit(127);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execv(binary.c_str(), arguments.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (!reaped_) {
    kill(SIGKILL);
    wait(10);
  }
}

int Process::wait(double seconds) {
  eventually(seconds, [&] { return !running(); });
  if (!reaped_) return -1;
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

bool Process::running() {
  if (!reaped_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
  return !reaped_;
}

void Process::kill(int signal) {
  if (!reaped_) ::kill(pid_, signal);
}

std::string Process::output() const { return read_text(log_); }

Finished run(const fs::path& folder, const std::vector<std::string>& words, const Environment& environment, double seconds) {
  Process process(folder, words, environment);
  Finished finished;
  finished.code = process.wait(seconds);
  finished.output = process.output();
  return finished;
}

std::vector<pid_t> children_of(pid_t parent, const std::string& text) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.empty() || !std::isdigit(static_cast<unsigned char>(name[0]))) continue;
    std::string command = read_text(entry.path() / "cmdline");
    for (char& c : command)
      if (c == '\0') c = ' ';
    if (command.find(text) == std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string all((std::istreambuf_iterator<char>(stat)), {});
    const std::size_t close = all.rfind(')');
    if (close == std::string::npos) continue;
    char state = 0;
    int ppid = 0;
    if (std::sscanf(all.c_str() + close + 1, " %c %d", &state, &ppid) == 2 && ppid == parent && state != 'Z')
      found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

bool eventually(double seconds, const std::function<bool()>& done) {
  const double end = now() + seconds;
  while (!done()) {
    if (now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

nlohmann::json show(const fs::path& folder, const std::string& name) {
  const Finished shown = run(folder, {"runs", "show", name, "--json"});
  EXPECT_EQ(shown.code, 0) << shown.output;
  return nlohmann::json::parse(shown.output, nullptr, false);
}

}  // namespace laconic::e2e
