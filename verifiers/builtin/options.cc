#include "verifiers/builtin/options.h"

namespace laconic::verifiers::builtin {

void FormatOptions::declare(OptionSet& set) {
  set.add("answer_tags", answer_tags, {.help = "what follows the reasoning must stand in one <answer>…</answer>"});
  set.add("min_reasoning", min_reasoning, {.help = "least reasoning before </think>", .unit = "characters", .min = 0, .max = 1e9});
}

void LanguageOptions::declare(OptionSet& set) {
  set.add("target", target, {.help = "language of the whole response, told by its script: en, zh, ja, ru, …; auto: the prompt's"});
  set.add("min_share", min_share, {.help = "least share of words in that script that is a pass; the score is the share itself", .min = 0, .max = 1});
}

void ExactOptions::declare(OptionSet& set) {
  set.add("ignore_case", ignore_case, {.help = "compare without regard to case (ASCII letters)"});
  set.add("ignore_blanks", ignore_blanks, {.help = "compare without any blanks; otherwise a run of blanks is one blank"});
}

void RegexOptions::declare(OptionSet& set) {
  set.add("pattern", pattern, {.help = "regular expression (PCRE2, UTF-8) that a right answer matches; empty: the row's column"});
  set.add("column", column, {.help = "column with the pattern, read when `regex.pattern` is empty"});
  set.add("where", where, {.help = "what is matched: the marked answer, all text after the reasoning, or the whole response", .choices = {"answer", "text", "response"}});
  set.add("full", full, {.help = "the pattern must match all of it, not only a part"});
  set.add("match_limit", match_limit, {.help = "backtracking steps of one match; an answer that needs more fails", .min = 100, .max = 1e9});
}

void JsonOptions::declare(OptionSet& set) {
  set.add("required", required, {.help = "keys that the object must have"});
  set.add("compare", compare, {.help = "the value must equal the row's gold, where the row has one"});
}

void ChoiceOptions::declare(OptionSet& set) {
  set.add("choices", choices, {.help = "how many letters there are; 0: as many as the row's `choices` or `options`, else 26", .min = 0, .max = 26});
}

void CountdownOptions::declare(OptionSet& set) {
  set.add("use_all", use_all, {.help = "each number must be used exactly once; false: at most once"});
}

void BuiltinOptions::declare(OptionSet& set) {
  set.section("format", format);
  set.section("language", language);
  set.section("exact", exact);
  set.section("regex", regex);
  set.section("json", json);
  set.section("choice", choice);
  set.section("countdown", countdown);
}

}  // namespace laconic::verifiers::builtin
