// The recipe keys of the small built-in verifiers: format, language, exact, regex, json, choice, countdown.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace laconic::verifiers::builtin {

struct FormatOptions {
  bool answer_tags = false;             // <answer>…</answer> must follow the reasoning
  int min_reasoning = 1;                // characters of reasoning
  void declare(OptionSet& set);
};

struct LanguageOptions {
  std::string target = "auto";          // a language code of languages.def; auto: that of the prompt
  double min_share = 0.9;               // least share of its words that is a pass; the score is the share
  void declare(OptionSet& set);
};

struct ExactOptions {
  bool ignore_case = false;
  bool ignore_blanks = false;           // runs of blanks are one blank otherwise
  void declare(OptionSet& set);
};

struct RegexOptions {
  std::string pattern;                  // PCRE2; empty: the row's column
  std::string column = "pattern";       // read when `pattern` is empty
  std::string where = "answer";         // answer | text (all after the reasoning) | response
  bool full = true;                     // the whole text must match
  int match_limit = 100000;             // backtracking steps; beyond: fail
  void declare(OptionSet& set);
};

struct JsonOptions {
  std::vector<std::string> required;    // keys that the object must have
  bool compare = true;                  // equal to the row's gold, where it has one
  void declare(OptionSet& set);
};

struct ChoiceOptions {
  int choices = 0;                      // how many letters there are; 0: as many as the row's list, or 26
  void declare(OptionSet& set);
};

struct CountdownOptions {
  bool use_all = true;                  // each number exactly once; false: at most once
  void declare(OptionSet& set);
};

// Of each section the key is the verifier's name: `[verifier] regex.pattern = …`.
struct BuiltinOptions {
  FormatOptions format;
  LanguageOptions language;
  ExactOptions exact;
  RegexOptions regex;
  JsonOptions json;
  ChoiceOptions choice;
  CountdownOptions countdown;
  void declare(OptionSet& set);
};

}  // namespace laconic::verifiers::builtin
