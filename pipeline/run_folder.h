// A run is a folder that explains itself:
//
//   runs/NAME/recipe.toml        resolved        command             as typed, one line an attempt
//            environment.json    fingerprint     laconic.db          trajectories
//            metrics.jsonl       one line a step tensorboard/        the same as event files
//            initial/            the model at the start (from scratch only)
//            checkpoints/STAGE-NNNNNN/           logs/ROLE-N.log     weights/  published versions
//            summary.json        lock            hub.sock            while it runs
#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace laconic::pipeline {

class RunFolder {
 public:
  // Makes runs/NAME with its recipe, command and environment. An existing folder is an Error that
  // names the three ways out.
  static RunFolder create(const fs::path& runs, const std::string& name, const std::string& recipe_toml,
                          const std::string& command, const std::string& environment_json);
  // The same check alone.
  static void check_free(const fs::path& runs, const std::string& name);
  // Opens an existing run for writing; Error when there is none (naming the nearest) or it is no run.
  static RunFolder open(const fs::path& runs, const std::string& name);

  ~RunFolder();
  RunFolder(RunFolder&&) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;

  const fs::path& path() const { return path_; }
  std::string name() const { return path_.filename().string(); }
  fs::path recipe() const { return path_ / "recipe.toml"; }
  fs::path environment() const { return path_ / "environment.json"; }
  fs::path database() const { return path_ / "laconic.db"; }
  fs::path metrics() const { return path_ / "metrics.jsonl"; }
  fs::path tensorboard() const { return path_ / "tensorboard"; }
  fs::path initial() const { return path_ / "initial"; }
  fs::path checkpoints() const { return path_ / "checkpoints"; }
  fs::path logs() const { return path_ / "logs"; }
  fs::path weights() const { return path_ / "weights"; }
  fs::path summary() const { return path_ / "summary.json"; }

  void add_command(const std::string& command) const;

 private:
  explicit RunFolder(fs::path path);
  void lock();  // one hub at a time; Error names the pid that holds it

  fs::path path_;
  int lock_fd_ = -1;
};

// Names of the runs in `runs`, oldest first; folders without a recipe.toml are left out.
std::vector<std::string> list_runs(const fs::path& runs);

// The path of a run given as a name in `runs` or as a path. Throws Error naming the nearest run.
fs::path find_run(const fs::path& runs, const std::string& name_or_path);

// "arithmetic-3": the recipe's name and the first counter that is free.
std::string free_run_name(const fs::path& runs, const std::string& recipe_name);

}  // namespace laconic::pipeline
