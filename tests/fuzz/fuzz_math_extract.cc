// A whole response through extraction and the verifier: one verdict of the answer's kinds, one line of explanation.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "verifiers/math/math_verifier.h"

using namespace laconic::verifiers;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const math::MathVerifier kVerifier([] {
    math::MathOptions options;
    options.bare = options.last_number = true;
    return options;
  }(), Reasoning::kNone);
  VerifyRequest request;
  request.response.assign(reinterpret_cast<const char*>(data), size);
  request.columns = R"({"answer": "\\frac{3}{4}"})";
  request.finished = size % 2 == 0;
  const Verdict verdict = kVerifier.verify(request);
  if (verdict.explanation.find('\n') != std::string::npos) std::abort();
  const laconic::Outcome o = verdict.outcome;
  if (o != laconic::Outcome::kPass && o != laconic::Outcome::kFail && o != laconic::Outcome::kNoAnswer && o != laconic::Outcome::kUndecided) std::abort();
  return 0;
}
