#include "verifiers/math/tables.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace laconic::verifiers::math {
namespace {

using Names = std::unordered_set<std::string_view>;

template <class Each>
void for_each_word(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    if (end != 0) each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

const std::unordered_map<std::string_view, CommandEntry>& commands() {
  static const std::unordered_map<std::string_view, CommandEntry> table = {
#define COMMAND(name, token, text) {name, {Tok::token, text}},
#include "verifiers/math/commands.def"
#undef COMMAND
  };
  return table;
}

const std::unordered_map<std::string_view, CommandStyle>& styles() {
  static const std::unordered_map<std::string_view, CommandStyle> table = {
#define SILENT(name) {name, CommandStyle::kSilent},
#define SILENT_ARGUMENT(name) {name, CommandStyle::kSilentArgument},
#define GROUP(name) {name, CommandStyle::kGroup},
#define TEXT(name) {name, CommandStyle::kText},
#define STYLED(name) {name, CommandStyle::kStyled},
#include "verifiers/math/silent.def"
#undef SILENT
#undef SILENT_ARGUMENT
#undef GROUP
#undef TEXT
#undef STYLED
  };
  return table;
}

const std::unordered_map<std::string_view, Relation>& relations() {
  static const std::unordered_map<std::string_view, Relation> table = {
#define RELATION(name, relation) {name, Relation::relation},
#include "verifiers/math/relations.def"
#undef RELATION
  };
  return table;
}

const std::unordered_map<std::string_view, std::string_view>& functions() {
  static const std::unordered_map<std::string_view, std::string_view> table = {
#define FUNCTION(spelling, canonical) {spelling, canonical},
#include "verifiers/math/functions.def"
#undef FUNCTION
  };
  return table;
}

const Names& greek() {
  static const Names table = {
#define GREEK(name) #name,
#include "verifiers/math/greek.def"
#undef GREEK
  };
  return table;
}

struct Units {
  std::unordered_map<std::string_view, std::string_view> words, symbols;
  Units() {
#define UNIT(canonical, spellings) for_each_word(spellings, [&](std::string_view word) { words.emplace(word, canonical); });
#define SHORT_UNIT(symbol, canonical) symbols.emplace(symbol, canonical);
#include "verifiers/math/units.def"
#undef UNIT
#undef SHORT_UNIT
  }
};
const Units& units() {
  static const Units table;
  return table;
}

struct Words {
  Names words;
  std::unordered_map<std::string_view, PhraseValue> phrases;
  std::unordered_map<std::string_view, int> ones, tens, scales, fractions;
  Words() {
#define WORDS(list) for_each_word(list, [&](std::string_view word) { words.insert(word); });
#define PHRASE(text, value) phrases.emplace(text, PhraseValue::value);
#define ONES(word, value) ones.emplace(word, value);
#define TENS(word, value) tens.emplace(word, value);
#define SCALE(word, value) scales.emplace(word, value);
#define FRACTION_WORD(word, value) fractions.emplace(word, value);
#include "verifiers/math/words.def"
#undef WORDS
#undef PHRASE
#undef ONES
#undef TENS
#undef SCALE
#undef FRACTION_WORD
  }
};
const Words& words() {
  static const Words table;
  return table;
}

template <class Table>
auto find_in(const Table& table, std::string_view name) -> const typename Table::mapped_type* {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

std::vector<std::string_view> number_tokens(std::string_view phrase) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= phrase.size(); ++i) {
    if (i < phrase.size() && phrase[i] != ' ' && phrase[i] != '-') continue;
    if (i > start) out.push_back(phrase.substr(start, i - start));
    start = i + 1;
  }
  return out;
}

constexpr std::int64_t kLargestWordNumber = 1'000'000'000'000'000;

// "two hundred and three thousand": below 10^15.
std::optional<std::int64_t> whole_number(const std::vector<std::string_view>& tokens) {
  std::int64_t total = 0, group = 0;
  bool any = false, tens_open = false;
  for (const std::string_view token : tokens) {
    if (token == "and" || (token == "a" && !any)) {
      if (token == "a") { group = 1; any = true; }
      continue;
    }
    if (const int* one = find_in(words().ones, token)) {
      if (any && group % 10 != 0 && !tens_open) return std::nullopt;
      if (group % 100 != 0 && (*one >= 10 || group % 10 != 0)) return std::nullopt;
      group += *one;
      tens_open = false;
    } else if (const int* ten = find_in(words().tens, token)) {
      if (group % 100 != 0) return std::nullopt;
      group += *ten;
      tens_open = true;
    } else if (const int* scale = find_in(words().scales, token)) {
      if (!any) return std::nullopt;
      if (*scale < 0) group *= 12;
      else if (*scale == 2) group *= 100;
      else {
        std::int64_t factor = 1;
        for (int k = 0; k < *scale; ++k) factor *= 10;
        if (group > kLargestWordNumber / factor) return std::nullopt;
        total += group * factor;
        group = 0;
      }
      tens_open = false;
      if (total + group > kLargestWordNumber) return std::nullopt;
    } else {
      return std::nullopt;
    }
    any = true;
  }
  if (!any) return std::nullopt;
  return total + group;
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

const CommandEntry* command_named(std::string_view name) { return find_in(commands(), name); }

CommandStyle style_of_command(std::string_view name) {
  const CommandStyle* style = find_in(styles(), name);
  return style ? *style : CommandStyle::kNone;
}

const Relation* relation_named(std::string_view name) { return find_in(relations(), name); }
bool is_greek(std::string_view name) { return greek().contains(name); }

std::string_view function_named(std::string_view spelling) {
  const std::string_view* name = find_in(functions(), spelling);
  return name ? *name : std::string_view{};
}

std::string_view longest_command_prefix(std::string_view letters) {
  for (std::size_t n = std::min<std::size_t>(letters.size(), 20); n >= 2; --n) {
    const std::string_view name = letters.substr(0, n);
    if (command_named(name) || relation_named(name) || is_greek(name) || !function_named(name).empty() || style_of_command(name) != CommandStyle::kNone) return name;
  }
  return {};
}

std::string_view unit_named(std::string_view folded_word) {
  const std::string_view* name = find_in(units().words, folded_word);
  return name ? *name : std::string_view{};
}

std::string_view short_unit_named(std::string_view symbol) {
  const std::string_view* name = find_in(units().symbols, symbol);
  return name ? *name : std::string_view{};
}

bool is_listed_word(std::string_view folded_word) { return words().words.contains(folded_word); }

std::optional<PhraseValue> phrase_value(std::string_view folded_phrase) {
  const PhraseValue* value = find_in(words().phrases, folded_phrase);
  return value ? std::optional(*value) : std::nullopt;
}

bool is_scale_word(std::string_view folded_word) { return find_in(words().scales, folded_word) != nullptr; }

std::optional<std::string> number_in_words(std::string_view folded_phrase) {
  std::vector<std::string_view> tokens = number_tokens(folded_phrase);
  if (tokens.empty() || tokens.size() > 24) return std::nullopt;
  bool negative = false;
  if (tokens.front() == "negative" || tokens.front() == "minus") {
    negative = true;
    tokens.erase(tokens.begin());
    if (tokens.empty()) return std::nullopt;
  }
  const std::string sign = negative ? "-" : "";
  if (tokens.size() >= 2) {
    if (const int* below = find_in(words().fractions, tokens.back())) {
      const auto above = whole_number({tokens.begin(), tokens.end() - 1});
      if (above) return sign + std::to_string(*above) + "/" + std::to_string(*below);
    }
  }
  const auto whole = whole_number(tokens);
  return whole ? std::optional(sign + std::to_string(*whole)) : std::nullopt;
}

}  // namespace laconic::verifiers::math
