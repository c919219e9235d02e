// What `generate` and `eval` share: how tokens are drawn, and when thinking is ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "model/chat/chat.h"
#include "model/tokenizer/tokenizer.h"
#include "wire/protocol.h"

namespace laconic::cli {

struct SamplingOptions {
  double top_p = 1;
  int top_k = 0;
  bool no_think = false;
  std::string think_end;  // empty: "\n</think>\n\n"
};

void declare(Command& command, SamplingOptions& options);  // all but the budget, which each command reads in its way

wire::Sampling sampling_of(const SamplingOptions& options, double temperature, int max_tokens);

// A number of tokens, or `none` (nullopt). Throws UsageError.
std::optional<int> think_budget_from(const std::string& text);

// The budget as the engine takes it. Throws UsageError where there is no thinking to end: the template asks for
// none, or the vocabulary has no token that ends it.
wire::ThinkBudget think_budget(std::optional<int> tokens, const SamplingOptions& options, const model::ChatTemplate& chat,
                               const model::Tokenizer& tokenizer);

}  // namespace laconic::cli
