#include "verifiers/builtin/builtin.h"

#include "verifiers/builtin/families.h"

namespace laconic::verifiers::builtin {

const std::vector<Entry>& entries() {
  using O = const BuiltinOptions&;
  static const std::vector<Entry> list = {
      {"format", "reasoning that ends once, and an answer after it (format.answer_tags: in <answer> tags)",
       [](O o, Reasoning r) { return make_format(o.format, r); }},
      {"language", "the share of words in the target language, told by script",
       [](O o, Reasoning) { return make_language(o.language); }},
      {"exact", "the marked answer is the row's gold, as text",
       [](O o, Reasoning r) { return make_exact(o.exact, r); }},
      {"regex", "the answer matches a regular expression, of the recipe or the row",
       [](O o, Reasoning r) { return make_regex(o.regex, r); }},
      {"json", "the answer is JSON: required keys, equal to the row's gold",
       [](O o, Reasoning r) { return make_json(o.json, r); }},
      {"choice", "multiple choice: the answer names the gold's letter",
       [](O o, Reasoning r) { return make_choice(o.choice, r); }},
      {"countdown", "an arithmetic expression over the row's `nums` with the value `target`",
       [](O o, Reasoning r) { return make_countdown(o.countdown, r); }},
  };
  return list;
}

}  // namespace laconic::verifiers::builtin
