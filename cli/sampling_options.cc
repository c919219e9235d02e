#include "cli/sampling_options.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "kernels/head.h"

namespace laconic::cli {

void declare(Command& c, SamplingOptions& o) {
  c.option("--top-p", o.top_p, "P",
           fmt::format("sample from the likeliest tokens that together hold this much probability, of all (at most {} tokens) or of the --top-k", kernels::kMaxTopK),
           {1e-6, 1});
  c.option("--top-k", o.top_k, "K", "sample from the K likeliest tokens; 0 is no limit", {0, static_cast<double>(kernels::kMaxTopK)});
  c.flag("--no-think", o.no_think, "ask for the answer without thinking, in the way of the chat template");
  c.option("--think-end", o.think_end, "TEXT", "what is put in when the think budget is spent, </think> in it; without this option </think> on a line of its own");
}

wire::Sampling sampling_of(const SamplingOptions& o, double temperature, int max_tokens) {
  return {.temperature = temperature, .top_p = o.top_p, .top_k = o.top_k, .max_tokens = max_tokens};
}

std::optional<int> think_budget_from(const std::string& text) {
  if (text == "none") return std::nullopt;
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < 0)
    throw UsageError("`--think-budget` is `" + text + "`, but must be a number of tokens, or `none`", "command line");
  return value;
}

wire::ThinkBudget think_budget(std::optional<int> tokens, const SamplingOptions& o, const model::ChatTemplate& chat, const model::Tokenizer& tokenizer) {
  if (!tokens) return {};
  if (o.no_think) throw UsageError("`--think-budget` and `--no-think` exclude each other", "command line", "leave one out");
  if (!chat.thinks())
    throw UsageError("`--think-budget` needs thinking, but the chat template `" + chat.name() + "` asks for none", "command line",
                     "leave it out, or name a template that thinks (--chat deepseek-r1)");
  wire::ThinkBudget budget{*tokens, chat.opens_thinking() ? -1 : tokenizer.id_of("<think>"), model::think_end_id(tokenizer), tokenizer.encode(o.think_end.empty() ? "\n</think>\n\n" : o.think_end)};
  if (budget.close_id < 0 || (!chat.opens_thinking() && budget.open_id < 0))
    throw UsageError("`--think-budget` needs the tokens <think> and </think>, which the model's vocabulary does not have", "command line", "leave it out");
  if (std::find(budget.forced.begin(), budget.forced.end(), budget.close_id) == budget.forced.end())
    throw UsageError("`--think-end` does not hold </think>", "command line", "put it where the thinking is to end");
  return budget;
}

}  // namespace laconic::cli
