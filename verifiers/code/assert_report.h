// What a trusted test program says at its end, on a descriptor that the answer's process never has.
#pragma once

#include <string>
#include <string_view>

namespace laconic::verifiers::code {

// Sixteen random bytes in hex. Only the report that repeats the run's nonce is believed.
std::string new_nonce();

struct TestReport {
  enum class Status {
    kNone,     // nothing, or not one well-formed report with the nonce
    kPassed,   // the test ran to its end
    kFailed,   // it failed after the answer's first value
    kBroken,   // it failed before, or cannot be run: its own fault
    kUnsplit,  // it hands over something that is no plain data
  } status = Status::kNone;
  std::string detail;  // one line
};

// `bytes`: all that was written. One frame, {"nonce", "status", "detail"}.
TestReport read_test_report(std::string_view bytes, const std::string& nonce);

// What the C library's assert wrote, without the path: "f(2) == 4"; empty when it did not.
std::string failed_assertion(std::string_view standard_error);

}  // namespace laconic::verifiers::code
