// One run as the client follows it: streams read up to their limits while it lives, report awaited.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sandbox/connection.h"

namespace laconic::sandbox {

class Attempt {
 public:
  // Sends the request. `exact`: nothing else runs, so the CPU limit is meant to the letter. Throws Error.
  Attempt(std::shared_ptr<Connection> connection, const Spec& spec, bool exact);
  ~Attempt();
  Attempt(const Attempt&) = delete;

  Report finish();  // once
  void kill();      // any thread, until destruction

 private:
  struct Stream {
    int number = -1, fd = -1;
    std::int64_t limit = 0;
    std::string bytes;
    bool fatal = false;    // more than the limit ends the run
    bool cut = false;      // there was more than the limit
    bool stopped = false;  // not read any more
  };
  void add_stream(int number, std::int64_t limit, bool fatal);
  void read_stream(Stream& stream);
  bool read_reply(Report& report);

  std::shared_ptr<Connection> connection_;
  Limits limits_;
  int reply_ = -1, launcher_ = 0;
  std::vector<Stream> streams_;
  std::vector<int> given_;  // the program's ends, until sent
  bool output_ended_it_ = false;
};

// Throws Error about a spec that cannot be run.
void check(const Spec& spec);

}  // namespace laconic::sandbox
