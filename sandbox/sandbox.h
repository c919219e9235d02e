// Run one untrusted program under limits; report what happened.
//
// The program may be hostile. It sees a read-only root of declared paths, an empty private /box
// (tmpfs, its working directory), a minimal /dev and /proc, no network and none of our descriptors;
// it is dead, with everything it started, before run() returns. Nothing that the answer is compared
// with may stand in a Spec: what enters the sandbox is known to the program.
//
// Processes: run() hands the spec to a launcher, a single-threaded process of its own (executable
// `laconic-sandbox`, beside ours or named by LACONIC_SANDBOX). A Sandbox is thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace laconic::sandbox {

struct Limits {
  double cpu_seconds = 10;                        // summed over all processes of the run
  double wall_seconds = 0;                        // 0: 3 × cpu_seconds + 2
  std::int64_t memory_bytes = std::int64_t{1} << 29;  // of all processes together; also the stack limit
  int processes = 64;                             // processes and threads at once
  std::int64_t stdout_bytes = 16 << 20;           // beyond: the run ends with kOutput
  std::int64_t stderr_bytes = 1 << 20;            // beyond: cut, not an end
  std::int64_t result_bytes = 4 << 20;            // of descriptor 3, when captured; beyond: kOutput
  std::int64_t file_bytes = 64 << 20;             // of one file, and of the private tmpfs
  int files = 4096;                               // inodes of the private tmpfs
  int open_files = 256;
};

// Bytes that many runs may share: a sealed memory file. Immutable, any thread.
class SealedFile {
 public:
  static std::shared_ptr<const SealedFile> of(std::string_view bytes);  // throws Error when the machine has no room
  ~SealedFile();
  SealedFile(const SealedFile&) = delete;
  int fd() const { return fd_; }
  std::int64_t size() const { return size_; }

 private:
  SealedFile(int fd, std::int64_t size) : fd_(fd), size_(size) {}
  int fd_;
  std::int64_t size_;
};

struct InputFile {
  std::string name;  // a plain file name (no '/', not "." or ".."), placed in /box
  std::shared_ptr<const SealedFile> content;
  bool executable = false;
};

// A host path seen inside, read-only.
struct ReadOnlyPath {
  std::string host, inside;  // absolute; `inside` empty: the same
};

enum class Interpreter : std::uint8_t {
  kNone,    // argv is executed
  kPython,  // argv[0] is a script in /box, run by the warm Python (as `python3 SCRIPT ARGS…` would)
};

struct Spec {
  Interpreter interpreter = Interpreter::kNone;
  std::vector<std::string> argv;                 // argv[0]: a path inside ("/box/a.out", "/usr/bin/g++"), or a script in /box
  std::vector<std::string> environment;          // "NAME=value", added to the fixed minimal one
  std::vector<InputFile> files;
  std::vector<ReadOnlyPath> paths;               // beside the language-neutral default (/usr, /lib…)
  std::shared_ptr<const SealedFile> input;       // standard input; null: empty
  bool capture_result = false;                   // descriptor 3 is a pipe whose bytes are Report::result
  // Descriptors of ours that the program gets, for a conversation with it: {number inside, ours}.
  // Borrowed during the call. Numbers 0, 1 and 2 replace input, output and errors.
  struct Passed { int inside = 0, ours = -1; };
  std::vector<Passed> passed;
  std::vector<std::string> collect;              // names of regular files in /box to bring back
  Limits limits;
  bool internet_sockets = false;                 // AF_INET/AF_INET6 may be made (there is still no network but lo)
};

// How a run ended. Each row of the attack table names one of these.
enum class End : std::uint8_t {
  kExited,     // by itself, with `exit_code`
  kSignaled,   // by `signal`
  kCpuTime,    // limit hit
  kWallTime,
  kMemory,
  kOutput,
  kDenied,     // killed at a forbidden call, `denied_call`
  kFault,      // OUR fault or the machine's: nothing may be concluded about the program; `fault` says what
};

struct Report {
  End end = End::kFault;
  int exit_code = 0, signal = 0;
  bool process_limit_hit = false;      // a fork or thread was refused by Limits::processes
  double cpu_seconds = 0, wall_seconds = 0;
  double waited_seconds = 0;           // for a processor while runnable (schedstat run-queue wait); 0 where it is of its own making
  std::int64_t peak_memory_bytes = 0;
  std::string out, err, result;        // capped at the limits
  bool out_cut = false, err_cut = false, result_cut = false;
  std::vector<std::pair<std::string, std::string>> collected;  // name, bytes; only regular files that were there
  std::string denied_call;             // "ptrace"
  std::string fault;
  char level = '?';                    // 'A' or 'B'
  int repeated = 0;                    // how often the run was repeated alone before this report
};

std::string_view name_of(End end);     // "exited", "signaled", "cpu time", …

struct Options {
  int slots = 0;                       // runs at once; 0: usable cores (affinity and cgroup quota)
  std::string level;                   // "": the best there is; "A" or "B"; LACONIC_SANDBOX_LEVEL overrides
  std::vector<std::string> python = {"/usr/bin/python3"};  // of the warm interpreter
  std::vector<std::string> python_imports;                 // modules it imports before the first run
};

// What this machine offers, for `laconic doctor` and errors.
struct Capabilities {
  char level = '-';                    // 'A', 'B', or '-': refuses to run
  std::vector<std::string> notes;      // one line each: what is there, what is missing and how to change it
};
Capabilities probe();

class Running;
class Connection;

class Sandbox {
 public:
  explicit Sandbox(Options options = {});  // starts nothing; the first run starts the launcher
  ~Sandbox();                              // ends every run

  // Waits for a slot (not counted), runs, and returns when every process of the run is dead. Repeats
  // a run alone where a busy machine could have decided it: wall limit hit with CPU unspent and more
  // than 10 % of the wall time spent waiting for a processor (once, then kFault); ended between 0.8
  // and 1.2 of the CPU limit. To tell the latter apart, a run in company may use 1.2 of its CPU limit
  // before it is stopped (kCpuTime); alone it is stopped at the limit. A spec with `passed`
  // descriptors is never repeated: needs_repeat() tells the caller.
  // Throws Error when the level is refused or the spec is malformed; machine faults are kFault.
  Report run(const Spec& spec);

  // For conversations: the run is asked for when this returns (its descriptors may be closed here);
  // it holds its slot until finished. With `partner`, a second program that shares the first one's
  // slot. `alone`: waits until no other run is under way and lets none begin; exact CPU limit.
  std::unique_ptr<Running> start(const Spec& spec, const Running* partner = nullptr, bool alone = false);

  char level();                            // starts the launcher if need be
  Connection& connection();                // for measure.h

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

class Running {
 public:
  virtual ~Running() = default;            // kills
  virtual Report wait() = 0;               // once
  virtual void kill() = 0;                 // any thread; wait() then returns soon
};

// True: the report's verdict could be the machine's doing, so the run is to be repeated alone.
bool needs_repeat(const Report& report, const Limits& limits);

}  // namespace laconic::sandbox
