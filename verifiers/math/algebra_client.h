// The client of `laconic-algebra`: exact algebra on constants in a process of its own.
//
// A few helpers are started when first needed and shared by all threads, one comparison at a time each. A helper
// that dies or misses the clock's backstop is killed and started again, and the comparison is tried once
// more; the second time it is a fault (infra error). The counted budgets that decide are the helper's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace laconic::verifiers::math {

struct AlgebraAnswer {
  enum class Kind : std::uint8_t {
    kEqual, kDifferent,
    kUnknown,          // no proof either way, or the comparison itself was over budget
    kGoldBad, kPredictionBad,  // over budget, aborting or without a value by itself
    kAbsent,           // there is no helper
    kFault,            // it failed twice
  };
  Kind kind = Kind::kFault;
  std::string detail;
  std::uint64_t allocations = 0, bytes = 0;  // counted in the phase that decided
  std::uint64_t cpu_us = 0;                  // of the whole comparison, for diagnosis
};

// A helper's reply, from the bytes it sent; nothing if they are none. Trusts nothing.
std::optional<AlgebraAnswer> read_algebra_reply(std::string_view bytes);

class AlgebraClient {
 public:
  // `executable`: empty for none. Starts nothing yet. `backstop_seconds`: how long a reply may take; far
  // above what the counted budgets allow on a crowded machine.
  explicit AlgebraClient(std::string executable, int helpers = 2, double backstop_seconds = 20);
  ~AlgebraClient();

  bool available() const { return !executable_.empty(); }
  // Two programs (algebra_program.h). Thread-safe; waits for a free helper, at most some seconds each.
  AlgebraAnswer compare(std::string_view gold, std::string_view prediction);

  // The process-wide one: the file named by LACONIC_ALGEBRA (empty: none), or `laconic-algebra` beside
  // our own executable, if it is there.
  static AlgebraClient& shared();

 private:
  struct Pool;
  const std::string executable_;
  const double backstop_seconds_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace laconic::verifiers::math
