// Responses: the first byte picks the language, the rest is what the model wrote. The program that is
// found stands in the response, line by line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verifiers/code/compare.h"
#include "verifiers/code/extract.h"

using namespace laconic::verifiers::code;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto languages = load_languages("");
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto program = last_program(text, languages[data[0] % languages.size()]);
  if (!program) return 0;
  for (std::size_t at = 0; at < program->size();) {
    const std::size_t end = std::min(program->find('\n', at), program->size());
    if (text.find(std::string_view(*program).substr(at, end - at)) == std::string_view::npos) std::abort();
    at = end + 1;
  }
  CodeTask task;
  task.kind = TestKind::kAssert;
  task.header = "#include <vector>\nint helper(int x) { return x; }\nint f(int n){\n";
  task.assertions.shape = AssertShape::kHumanEvalX;
  whole_program(task, *program);
  task.assertions.shape = AssertShape::kHumanEval;
  task.header = "import re\n\ndef f(x):\n";
  task.entry_point = "f";
  if (whole_program(task, *program).size() < program->size()) std::abort();
  if (!compare_output({CompareMode::kUnorderedLines, true, 1e-6, 1e-6}, text, text).equal) std::abort();
  return 0;
}
