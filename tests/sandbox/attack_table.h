// attacks/attacks.toml as cases: what to run, and how it must end. The file's head says what each key means.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"

namespace laconic::sandbox::attacks {

namespace fs = std::filesystem;

struct Expected {
  std::vector<std::string> ends = {"exited"};
  std::vector<int> exits = {0};
  std::vector<int> signals;
  std::vector<std::string> denied;       // "*": any call
  std::optional<std::string> out = "held\n";
  std::vector<std::string> out_has, out_lacks, err_has, err_lacks;
  std::optional<std::int64_t> out_length;
  bool process_limit = false, err_cut = false;
  bool generic = false;                  // the outputs may hold nothing that is this machine's own
  double cpu_at_least = 0;
  double memory_at_least_mb = 0;
  std::vector<std::string> collected;    // one of these, when a file is brought back
  bool collected_may_lack = true;
};

struct Attack {
  std::string number, name;              // "A_61_calls_bpf" is the name of the test
  std::string program;                   // a file of the folder
  std::vector<std::string> argv, command, files, environment, collect;
  std::vector<std::string> placed;       // names of further (empty) input files
  std::string stdin_text;
  std::int64_t stdin_zeros = 0;
  bool internet = false, slow = false, bubblewrap = false;
  std::vector<std::string> beside, then;
  Limits limits;
  Expected expected;                     // for this level and user

  std::string test_name() const;
};

// The rows, one Attack for each word or call, as they must end at `level` ('A', 'B'), for root or an ordinary user.
// Throws Error for an unknown key, end or call.
std::vector<Attack> load_attacks(const fs::path& folder, char level, bool root);

}  // namespace laconic::sandbox::attacks
