// The one error type: what happened (with the offending value), where, and what to type next.
//
// Exceptions end a command. Things that happen in normal rollouts are values
// (`Outcome`, `tl::expected`), never exceptions. Assertions are for programmer error only.
#pragma once

#include <stdexcept>
#include <string>

namespace laconic {

class Error : public std::runtime_error {
 public:
  // `where`: file:line, ticket, worker or empty. `next`: the command to type, or empty.
  Error(std::string what, std::string where = {}, std::string next = {});

  const std::string& message() const { return message_; }
  const std::string& where() const { return where_; }
  const std::string& next() const { return next_; }

 private:
  std::string message_, where_, next_;
};

// The exit codes of both executables, documented in docs/formats.md.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,       // the command ran and the answer is no (a bar missed, a check failed)
  kExitUsage = 2,        // bad command line, recipe or input: nothing was started
  kExitRuntime = 3,      // an error ended the command; what was written is kept
  kExitInterrupted = 130
};

// "error: …\n  at …\nhint: …" as printed on stderr by both executables.
std::string render(const Error& error);

// The candidate nearest to `word` by edit distance, or "" when none is near (distance > 1/3 length + 1).
template <class Range>
std::string nearest_name(const std::string& word, const Range& candidates);

std::size_t edit_distance(const std::string& a, const std::string& b);

template <class Range>
std::string nearest_name(const std::string& word, const Range& candidates) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const auto& candidate : candidates) {
    const std::size_t d = edit_distance(word, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace laconic
