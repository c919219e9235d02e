#include "verifiers/math/extract.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "verifiers/answer.h"
#include "verifiers/math/parse.h"

namespace laconic::verifiers::math {
namespace {

constexpr std::size_t kLongestLine = 2000;  // of what follows a phrase, bytes

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool matches_at(std::string_view text, std::size_t at, std::string_view phrase) {
  if (at + phrase.size() > text.size()) return false;
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    if (lower(text[at + i]) != phrase[i]) return false;
  }
  return true;
}

constexpr std::string_view kPhrases[] = {
#define PHRASE(words) words,
#include "verifiers/math/phrases.def"
#undef PHRASE
};

// The phrases begin with few different words: a place that begins none of them costs two comparisons.
std::optional<std::size_t> end_of_last_phrase(std::string_view text) {
  for (std::size_t at = text.size(); at-- > 0;) {
    const char c = static_cast<char>(text[at] | 0x20);
    if ((c != 'a' && c != 'i' && c != 's' && c != 'f' && c != 'c') || at + 8 > text.size()) continue;
    const char next = static_cast<char>(text[at + 1] | 0x20), third = static_cast<char>(text[at + 2] | 0x20);
    const bool begins = (c == 'a' && next == 'n' && third == 's') || (c == 'f' && next == 'i' && third == 'n') || (c == 'c' && next == 'o' && third == 'r') || (c == 's' && next == 'o' && third == 'l') || (c == 'i' && next == ' ' && third == 't');
    if (!begins || (at > 0 && is_word(text[at - 1]))) continue;
    if (c == 'a' && text[at + 6] != ' ' && text[at + 6] != ':' && (text[at + 6] | 0x20) != 's') continue;  // "answer…" of any other kind, <answer> among them
    for (const std::string_view phrase : kPhrases) {
      if (phrase[0] != c || !matches_at(text, at, phrase)) continue;
      const std::size_t end = at + phrase.size();
      if (end < text.size() && is_word(text[end]) && is_word(phrase.back())) continue;
      return end;
    }
  }
  return std::nullopt;
}

std::string_view without_filler(std::string_view text) {
  static constexpr std::string_view kFiller[] = {"for sure", "definitely", "clearly", "therefore", "simply", "indeed", "thus", "then", "now", "equal to", "given by", "is", "option", "choice", "approximately", "about"};
  for (bool changed = true; changed;) {
    changed = false;
    while (!text.empty() && (std::isspace(static_cast<unsigned char>(text.front())) || text.front() == ':' || text.front() == '*' || text.front() == '_' || text.front() == '#' || text.front() == '=' || text.front() == '>')) {
      text.remove_prefix(1);
    }
    for (const std::string_view filler : kFiller) {
      if (matches_at(text, 0, filler) && text.size() > filler.size() && !is_word(text[filler.size()])) {
        text.remove_prefix(filler.size());
        changed = true;
      }
    }
  }
  return text;
}

bool reads_well(std::string_view text) {
  const Parsed parsed = parse(text);
  return parsed.value && !parsed.fallback;
}

// "D, it can't be A": a letter, then prose.
std::optional<std::string> letter_before_prose(std::string_view line) {
  const bool bracket = line.starts_with('(');
  const std::string_view rest = bracket ? line.substr(1) : line;
  if (rest.empty() || rest[0] < 'A' || rest[0] > 'Z') return std::nullopt;
  std::size_t i = 1;
  if (bracket && (i >= rest.size() || rest[i++] != ')')) return std::nullopt;
  if (i >= rest.size() || std::string_view(",.;:").find(rest[i]) == std::string_view::npos) return std::nullopt;
  ++i;
  if (i >= rest.size() || rest[i] != ' ') return std::nullopt;
  std::size_t letters = 0;
  for (++i; i < rest.size() && rest[i] >= 'a' && rest[i] <= 'z'; ++i) ++letters;
  if (letters < 2 || i >= rest.size() || (rest[i] != ' ' && rest[i] != '\'')) return std::nullopt;
  return std::string(1, rest[0]);
}

// The longest of a few beginnings of the line that the grammar understands.
std::string answer_in_line(std::string_view rest) {
  std::string_view line = rest.substr(0, std::min(rest.find('\n'), kLongestLine));
  // $$ … $$ and \[ … \] may stand on lines of their own
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"$$", "$$"}, {"\\[", "\\]"}}) {
    if (!rest.starts_with(open)) continue;
    const std::size_t end = rest.substr(0, kLongestLine).find(close, open.size());
    if (end != std::string_view::npos) return std::string(trimmed(rest.substr(open.size(), end - open.size())));
  }
  line = trimmed(line);
  for (const std::string_view mark : {"**", "__", "*"}) {
    while (line.ends_with(mark)) line = trimmed(line.substr(0, line.size() - mark.size()));
  }
  if (auto letter = letter_before_prose(line)) return *letter;
  if (reads_well(line)) return std::string(line);
  for (const std::string_view stop : {". ", "; ", ", ", " because ", " since ", " (", " and "}) {
    const std::size_t end = line.find(stop);
    if (end == std::string_view::npos || end == 0) continue;
    std::string_view begin = trimmed(line.substr(0, end));
    for (const std::string_view mark : {"**", "__", "*"}) {
      while (begin.ends_with(mark)) begin = trimmed(begin.substr(0, begin.size() - mark.size()));
    }
    if (reads_well(begin)) return std::string(begin);
  }
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"$", "$"}, {"\\(", "\\)"}}) {
    const std::size_t from = line.find(open);
    if (from == std::string_view::npos) continue;
    const std::size_t end = line.find(close, from + open.size());
    if (end != std::string_view::npos) return std::string(trimmed(line.substr(from + open.size(), end - from - open.size())));
  }
  return std::string(line);
}

std::optional<std::string> last_number(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0 && !is_digit(text[end - 1])) --end;
  if (end == 0) return std::nullopt;
  std::size_t begin = end;
  while (begin > 0 && (is_digit(text[begin - 1]) || text[begin - 1] == '.' || text[begin - 1] == ',' || text[begin - 1] == '/')) --begin;
  while (begin < end && (text[begin] == ',' || text[begin] == '/' || (text[begin] == '.' && (begin + 1 >= end || !is_digit(text[begin + 1]))))) ++begin;
  if (begin > 0 && (text[begin - 1] == '-' || text[begin - 1] == '+') && (begin < 2 || !is_word(text[begin - 2]))) --begin;
  else if (begin >= 3 && text.substr(begin - 3, 3) == "\u2212") begin -= 3;
  std::string number(text.substr(begin, end - begin));
  if (end < text.size() && text[end] == '%') number += '%';
  return number;
}

// The contents of all complete boxes, in order.
std::vector<std::string_view> boxes(std::string_view text) {
  struct Open { std::size_t begin; bool box; };
  std::vector<Open> open;
  std::vector<std::string_view> out;
  bool box_next = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      std::size_t n = 1;
      while (i + n < text.size() && std::isalpha(static_cast<unsigned char>(text[i + n]))) ++n;
      const std::string_view name = text.substr(i, n);
      box_next = name == "\\boxed" || name == "\\fbox";
      i += n == 1 ? 1 : n - 1;
      continue;
    }
    if (c == '{') {
      open.push_back({i + 1, box_next});
      box_next = false;
    } else if (c == '}') {
      if (open.empty()) continue;
      if (open.back().box) out.push_back(trimmed(text.substr(open.back().begin, i - open.back().begin)));
      open.pop_back();
    } else if (!std::isspace(static_cast<unsigned char>(c))) {
      box_next = false;
    }
  }
  return out;
}

}  // namespace

std::optional<Extracted> extract(std::string_view text, bool finished, const MathOptions& options) {
  const auto found = find_answer(text, finished);
  if (found && found->mark == AnswerMark::kBoxed && options.all_boxes) {
    std::string joined;
    for (const std::string_view box : boxes(text)) {
      if (!joined.empty()) joined += ", ";
      joined += box;
    }
    return Extracted{name_of(AnswerMark::kBoxed), std::move(joined)};
  }
  if (found && found->mark != AnswerMark::kHashes) return Extracted{name_of(found->mark), std::string(found->text)};
  if (options.phrases && finished) {
    if (const auto end = end_of_last_phrase(text)) {
      const std::string_view rest = without_filler(text.substr(*end));
      if (!rest.empty()) return Extracted{"a phrase", answer_in_line(rest)};
    }
  }
  if (found) return Extracted{name_of(found->mark), std::string(found->text)};
  if (options.bare && finished) {
    const std::string_view whole = trimmed(text);
    if (!whole.empty() && whole.size() <= kLongestLine && reads_well(whole)) return Extracted{"the whole text", std::string(whole)};
  }
  if (options.last_number && finished) {
    if (auto number = last_number(text)) return Extracted{"the last number", std::move(*number)};
  }
  return std::nullopt;
}

}  // namespace laconic::verifiers::math
