#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

using Choices = std::vector<std::string>;  // their texts; empty: not known

bool eat(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || !same_without_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool eat_end(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// What people and models put around a choice: emphasis, dollars, \text{…}, "option".
std::string_view unwrapped(std::string_view text) {
  for (bool changed = true; changed;) {
    text = trimmed(text);
    changed = false;
    for (const std::string_view mark : {"**", "__", "$", "`", "\""})
      if (text.size() > 2 * mark.size() && text.starts_with(mark) && text.ends_with(mark)) {
        text = text.substr(mark.size(), text.size() - 2 * mark.size());
        changed = true;
      }
    for (const std::string_view command : {"\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\textit{", "\\rm{"})
      if (text.starts_with(command) && text.ends_with("}")) {
        text = text.substr(command.size(), text.size() - command.size() - 1);
        changed = true;
      }
    for (const std::string_view word : {"option ", "choice ", "answer:", "answer is "}) changed = eat(text, word) || changed;
    changed = eat_end(text, ".") || changed;
  }
  return text;
}

// "B", "(B)", "[b]", "B) text", "B. text", "(B) text": the letter's place. A letter that only begins a
// sentence ("A cat") is none.
std::optional<int> letter_of(std::string_view text) {
  const bool round = eat(text, "("), square = !round && eat(text, "[");
  text = trimmed(text);
  if (eat(text, "\\text{")) {
    const std::size_t brace = text.find('}');
    if (brace != 1) return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  const char c = text[0] >= 'a' && text[0] <= 'z' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  if (c < 'A' || c > 'Z') return std::nullopt;
  text.remove_prefix(1);
  eat(text, "}");
  text = trimmed(text);
  const bool closed = round ? eat(text, ")") : square ? eat(text, "]") : text.empty() || eat(text, ")") || eat(text, ".") || eat(text, ":");
  if (!closed) return std::nullopt;
  return c - 'A';
}

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : unwrapped(text)) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

std::optional<int> read_choice(std::string_view text, const Choices& choices) {
  text = unwrapped(text);
  if (const auto letter = letter_of(text)) return letter;
  std::optional<int> found;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!same_without_case(plain(text), plain(choices[i]))) continue;
    if (found) return std::nullopt;  // two choices with the same text
    found = static_cast<int>(i);
  }
  return found;
}

// Without a mark: what follows the last "answer is" or "answer:", to the end of its line.
std::optional<std::string_view> after_phrase(std::string_view text) {
  constexpr std::string_view kAnswer = "answer";
  for (std::size_t i = text.size(); i-- > 0;) {
    std::string_view rest = text.substr(i);
    if (!eat(rest, kAnswer)) continue;
    eat(rest, "**");
    if (!eat(rest, ":") && !eat(rest, " is:") && !eat(rest, " is")) continue;
    eat(rest, "**");
    return trimmed(rest.substr(0, rest.find('\n')));
  }
  return std::nullopt;
}

class Choice : public Verifier {
 public:
  Choice(const ChoiceOptions& options, Reasoning reasoning) : options_(options), reasoning_(reasoning) {}

  Verdict verify(const VerifyRequest& request) const override {
    std::string why;
    const Row row = read_row(request.columns, why);
    if (!why.empty()) return undecided(why);
    const auto rest = answer_part(request.response, reasoning_);
    if (!rest) return no_answer("the reasoning never ends");
    std::string_view text;
    if (const auto found = find_answer(*rest, request.finished)) text = found->text;
    else if (const auto said = after_phrase(without_end_tokens(*rest))) text = *said;
    if (text.empty()) return no_answer("no marked answer and no \"answer is\" after the reasoning");
    const auto choice = read_choice(text, row.choices);
    if (!choice) return decided(false, text, "\"" + shown(text) + "\" names no choice");
    const bool right = *choice == row.gold;
    return decided(right, text, fmt::format("it names {}, {} {}", letter(*choice), right ? "as the gold does:" : "not the gold", letter(row.gold)));
  }

  std::optional<std::string> bad_row(const std::string& columns) const override {
    std::string why;
    read_row(columns, why);
    return why.empty() ? std::nullopt : std::optional(why);
  }

 private:
  struct Row {
    int gold = -1;
    Choices choices;
  };

  static std::string letter(int place) { return std::string(1, static_cast<char>('A' + place)); }

  Row read_row(const std::string& columns, std::string& why) const {
    Row row;
    const auto json = nlohmann::json::parse(columns, nullptr, false);
    for (const char* name : {"choices", "options"}) {
      if (!json.is_object() || !json.contains(name) || !json[name].is_array() || !row.choices.empty()) continue;
      for (const auto& text : json[name]) row.choices.push_back(text.is_string() ? text.get<std::string>() : text.dump());
    }
    const auto golds = golds_of(columns);
    if (golds.size() != 1) {
      why = golds.empty() ? "the row has no gold" : "the row has several golds";
      return row;
    }
    const auto gold = read_choice(golds[0], row.choices);
    const int count = options_.choices > 0 ? options_.choices : row.choices.empty() ? 26 : static_cast<int>(row.choices.size());
    if (!gold) why = "the gold \"" + shown(golds[0]) + "\" names no choice";
    else if (*gold >= count) why = fmt::format("the gold {} is beyond the {} choices", letter(*gold), count);
    else row.gold = *gold;
    return row;
  }

  ChoiceOptions options_;
  Reasoning reasoning_;
};

}  // namespace

std::unique_ptr<Verifier> make_choice(const ChoiceOptions& options, Reasoning reasoning) { return std::make_unique<Choice>(options, reasoning); }

}  // namespace laconic::verifiers::builtin
