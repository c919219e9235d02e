// Lines that a user's verifier may write: whatever they hold, verdicts come out, with finite numbers and
// explanations that are UTF-8.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "verifiers/custom/protocol.h"

namespace {

void must_be_text(const std::string& text) { (void)nlohmann::json(text).dump(); }  // throws, and so ends the run, if it is not UTF-8

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laconic::verifiers;
  const std::string line(reinterpret_cast<const char*>(data), size);
  std::string why;
  const custom::Hello hello = custom::read_hello(line, why).value_or(custom::Hello{});
  custom::reply_id(line, why);
  must_be_text(custom::valid_text(why));
  for (const bool group : {false, true}) {
    const auto verdicts = custom::read_verdicts(line, hello, 2, group);
    if (verdicts.size() != 2) std::abort();
    for (const Verdict& verdict : verdicts) {
      if (!std::isfinite(verdict.score)) std::abort();
      for (const auto& [name, value] : verdict.metrics)
        if (!std::isfinite(value)) std::abort();
      must_be_text(verdict.explanation);
      must_be_text(verdict.extracted);
    }
  }
  return 0;
}
