#include "pipeline/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

void check_run_name(const std::string& name) {
  const bool plain = !name.empty() && name[0] != '.' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (!plain) throw Error("`" + name + "` cannot name a run: letters, digits, `.`, `_` and `-` only", "", "choose another with --name");
}

}  // namespace

RunFolder::RunFolder(fs::path path) : path_(fs::absolute(path).lexically_normal()) {}  // roles get these paths

RunFolder::RunFolder(RunFolder&& other) noexcept : path_(std::move(other.path_)), lock_fd_(other.lock_fd_) { other.lock_fd_ = -1; }

RunFolder::~RunFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);  // releases the lock; the file stays, so that no second hub can lock another inode
}

void RunFolder::lock() {
  const fs::path file = path_ / "lock";
  lock_fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) throw Error("cannot open `" + file.string() + "`: " + std::strerror(errno));
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const bool known = ::pread(lock_fd_, holder, sizeof holder - 1, 0) > 0;
    ::close(lock_fd_);
    lock_fd_ = -1;
    throw Error("the run `" + path_.string() + "` is being written by " + (known ? "process " + std::string(holder) : "another process"), "",
                "wait for it, or stop it with Ctrl-C" + (known ? " (`kill -INT " + std::string(holder) + "`)" : std::string()));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock_fd_, 0) != 0 || ::pwrite(lock_fd_, pid.data(), pid.size(), 0) < 0)
    throw Error("cannot write `" + file.string() + "`: " + std::strerror(errno));
}

void RunFolder::check_free(const fs::path& runs, const std::string& name) {
  check_run_name(name);
  const fs::path path = runs / name;
  if (fs::exists(path))
    throw Error("the run folder `" + path.string() + "` exists already, and is never overwritten", "",
                "continue it with `--resume " + name + "`, choose another name with `--name`, or delete it (`rm -r " + path.string() + "`)");
}

RunFolder RunFolder::create(const fs::path& runs, const std::string& name, const std::string& recipe_toml,
                            const std::string& command, const std::string& environment_json) {
  check_free(runs, name);
  const fs::path path = runs / name;
  fs::create_directories(path);
  RunFolder folder(path);
  folder.lock();
  for (const fs::path& inner : {folder.tensorboard(), folder.checkpoints(), folder.logs(), folder.weights()}) fs::create_directories(inner);
  write_file_durably(folder.environment(), environment_json);
  folder.add_command(command);
  write_file_durably(folder.recipe(), recipe_toml);  // last: a folder with a recipe is a run
  return folder;
}

RunFolder RunFolder::open(const fs::path& runs, const std::string& name) {
  RunFolder folder(find_run(runs, name));
  folder.lock();
  return folder;
}

void RunFolder::add_command(const std::string& command) const { append_file(path_ / "command", command + "\n"); }

std::vector<std::string> list_runs(const fs::path& runs) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runs, ignored))
    if (fs::is_regular_file(entry.path() / "recipe.toml"))
      found.emplace_back(fs::last_write_time(entry.path() / "recipe.toml"), entry.path().filename().string());
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [time, name] : found) names.push_back(std::move(name));
  return names;
}

fs::path find_run(const fs::path& runs, const std::string& name_or_path) {
  for (const fs::path& candidate : {runs / name_or_path, fs::path(name_or_path)}) {
    if (name_or_path.empty() || !fs::is_directory(candidate)) continue;
    if (fs::is_regular_file(candidate / "recipe.toml")) {
      const fs::path normal = candidate.lexically_normal();
      return normal.has_filename() ? normal : normal.parent_path();
    }
    throw Error("`" + candidate.string() + "` is not a run: it has no recipe.toml", "", "`laconic runs list` shows the runs");
  }
  const std::string near = nearest_name(name_or_path, list_runs(runs));
  throw Error("there is no run `" + name_or_path + "` in `" + runs.string() + "`", "",
              (near.empty() ? std::string() : "did you mean `" + near + "`? ") + "`laconic runs list` shows the runs");
}

std::string free_run_name(const fs::path& runs, const std::string& recipe_name) {
  for (int number = 1;; ++number)
    if (const std::string name = recipe_name + "-" + std::to_string(number); !fs::exists(runs / name)) return name;
}

}  // namespace laconic::pipeline
