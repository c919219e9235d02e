// The client's side of one launcher process: started when first needed, started again after its death.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

#include "sandbox/sandbox.h"

namespace laconic::sandbox {

// The launcher's executable: LACONIC_SANDBOX, or `laconic-sandbox` beside ours or in a folder above
// (where tests live). Throws Error.
std::string launcher_path();

class Connection {
 public:
  explicit Connection(Options options);
  ~Connection();  // the launcher ends with its control socket, and every run with it
  Connection(const Connection&) = delete;

  char level();   // starts the launcher if need be; throws Error when this machine offers none
  // Sends a request, restarting a launcher that died. The number of the launcher it went to. Throws Error.
  int send(const std::string& frame, const std::vector<int>& descriptors);
  // That launcher died, or (`silent`) does not answer any more: the next request starts another.
  void give_up(int launcher, bool silent);

 private:
  void start();   // mutex held
  void stop();    // mutex held

  const Options options_;
  std::mutex mutex_;
  pid_t pid_ = -1;
  int control_ = -1, number_ = 0;  // the number of launchers started
  char level_ = '?';
};

}  // namespace laconic::sandbox
