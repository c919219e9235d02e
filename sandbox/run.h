// One run as the launcher follows it, from the request to the report.
#pragma once

#include <memory>
#include <string>

#include <sys/resource.h>

#include "sandbox/frame.h"
#include "sandbox/place.h"
#include "sandbox/watch.h"

namespace laconic::sandbox {

struct Run {
  // Why the launcher ended it; the first cause counts.
  enum class Cause { kNone, kCpuTime, kWallTime, kMemory, kDenied, kFault, kUnwanted };

  Request request;
  int reply = -1;                        // the client's socket; its end is the client's wish to stop
  Place* place = nullptr;
  pid_t init = -1, program = -1;         // `program`: only of the warm interpreter; else init reports
  bool init_dead = false, program_dead = true;
  // Their word about this run must be read before the place serves another, or it would be taken for that one's.
  bool keeper_owes = false, branch_owes = false;
  int listener = -1, proc = -1, box = -1;
  std::vector<int> namespaces;           // until the warm interpreter's child has joined them
  std::vector<int> descriptors;          // likewise: the program's
  std::unique_ptr<Watch> watch;

  std::int64_t asked_at = 0, started_at = 0, ended_at = 0, killed_at = 0;  // CLOCK_MONOTONIC, ns; 0: not yet
  std::int64_t set_up_cpu_ns = 0;        // ours, not the program's
  std::int64_t reaped_cpu_ns = 0, reaped_peak_bytes = 0;
  int status = -1;                       // of the program, as of wait(2); -1: not known
  int looks_over_memory = 0;             // in a row
  bool not_runnable = false;
  bool process_limit_seen = false;
  Cause cause = Cause::kNone;
  std::string denied_call, fault;

  ~Run();

  void kill(Cause cause, std::string fault = {});
  void look(std::int64_t now);           // limits; the launcher's tick
  void on_listener(bool called);         // a forbidden call, or (not `called`) the last process is gone
  void program_ended(int status);        // of the warm interpreter
  void add_reaped(const rusage& usage);
  bool over() const { return init_dead && program_dead && !keeper_owes && !branch_owes; }

  // All processes are dead. `collected`: descriptors of the files asked for, the caller's.
  Reply finish(char level, std::vector<int>& collected);

 private:
  std::int64_t cpu_ns() const;
};

}  // namespace laconic::sandbox
