// Lines of data files: any bytes become a problem or a BadRow, and what became a problem is whole.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "pipeline/data/row.h"

using namespace laconic::pipeline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  for (const bool named : {false, true}) {
    RowOptions options;
    if (named) options.prompt_column = "question", options.answer_column = "metadata.gold", options.verifiers = {"a=math"};
    try {
      const Problem problem = read_row(line, "f:1", options);
      const nlohmann::json columns = nlohmann::json::parse(problem.columns, nullptr, false);
      if (!columns.is_object() || problem.prompt.empty() || problem.verifier.empty()) std::abort();
    } catch (const BadRow&) {
    }
  }
  return 0;
}
