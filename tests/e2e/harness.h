// Runs build/laconic as a user would: a process in a scratch folder, its output in a file.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace laconic::e2e {

namespace fs = std::filesystem;

fs::path source_root();
fs::path build_root();

// A folder of its own under the system's temporary folder, removed at the end unless the test failed.
class Scratch {
 public:
  explicit Scratch(const std::string& name);
  ~Scratch();
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

using Environment = std::map<std::string, std::string>;

class Process {
 public:
  // build/laconic WORDS… in `folder`, stdout and stderr to `folder`/output-N.txt.
  Process(const fs::path& folder, const std::vector<std::string>& words, const Environment& environment = {});
  ~Process();  // kills what is left
  Process(const Process&) = delete;

  pid_t pid() const { return pid_; }
  // Exit code, or 128 + signal; −1 when `seconds` passed. Bounded.
  int wait(double seconds);
  bool running();
  void kill(int signal);
  std::string output() const;  // so far: stdout and stderr together

 private:
  fs::path log_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  int status_ = 0;
};

struct Finished {
  int code = 0;
  std::string output;
};
Finished run(const fs::path& folder, const std::vector<std::string>& words, const Environment& environment = {}, double seconds = 240);

// Children of `parent` whose command line contains `text` ("role rollout", …).
std::vector<pid_t> children_of(pid_t parent, const std::string& text);

// Polls `done` every 20 ms for at most `seconds`; true when it became true.
bool eventually(double seconds, const std::function<bool()>& done);

nlohmann::json show(const fs::path& folder, const std::string& name);  // laconic runs show NAME --json

}  // namespace laconic::e2e
