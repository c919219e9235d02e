#include "verifiers/integer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "verifiers/answer.h"

namespace laconic::verifiers {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool eat(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool eat_end(std::string_view& text, std::string_view suffix) {
  if (text.size() < suffix.size() || text.substr(text.size() - suffix.size()) != suffix) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// Each round takes off at least one byte, so this ends; what it takes off says nothing about the value.
std::string_view without_wrapping(std::string_view text) {
  while (true) {
    text = trimmed(text);
    bool changed = eat_end(text, ".");
    for (const std::string_view open : {"\\$", "$", "\\(", "\\[", "**"}) changed = eat(text, open) || changed;
    for (const std::string_view close : {"\\$", "$", "\\)", "\\]", "**"}) changed = eat_end(text, close) || changed;
    if (!changed) return text;
  }
}

std::size_t digits_at(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

// One line, valid UTF-8, at most about 120 bytes: explanations are read by people.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, 120));
  if (out.size() < text.size()) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
    out += "…";
  }
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

std::string to_text(const Integer& value) { return (value.negative ? "-" : "") + value.digits; }

std::optional<Integer> read_integer(std::string_view text) {
  text = without_wrapping(text);
  Integer value;
  if (eat(text, "-") || eat(text, "\u2212")) value.negative = true;
  else eat(text, "+");
  text = trimmed(text);
  if (eat(text, "\\$") || eat(text, "$")) text = trimmed(text);  // -$5

  std::size_t run = digits_at(text);
  if (run == 0) return std::nullopt;
  value.digits = text.substr(0, run);
  text.remove_prefix(run);
  while (!text.empty()) {
    if (!(eat(text, "{,}") || eat(text, ",\\!") || eat(text, ",") || eat(text, "\\,"))) break;
    if (value.digits.size() == run && run > 3) return std::nullopt;  // the first group has at most three
    if (digits_at(text) != 3) return std::nullopt;
    value.digits += text.substr(0, 3);
    text.remove_prefix(3);
  }
  if (eat(text, ".")) {
    if (text.find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    text = {};
  }
  if (!text.empty()) return std::nullopt;

  value.digits.erase(0, std::min(value.digits.find_first_not_of('0'), value.digits.size() - 1));
  if (value.digits == "0") value.negative = false;
  return value;
}

Gold read_gold(const std::string& columns) {
  const nlohmann::json row = nlohmann::json::parse(columns, nullptr, false);
  if (!row.is_object()) return {std::nullopt, "the row is not a JSON object"};
  const auto answer = row.find("answer");
  if (answer == row.end()) return {std::nullopt, "the row has no column \"answer\""};
  if (answer->is_number_integer()) return {read_integer(answer->dump()), {}};
  if (answer->is_number_float()) {
    // A double holds every integer up to 2^53; beyond, its digits are not the file's.
    const double value = answer->get<double>();
    if (std::floor(value) != value || std::abs(value) > 0x1p53) return {std::nullopt, "the gold " + answer->dump() + " is not an exact integer"};
    return {read_integer(std::to_string(static_cast<std::int64_t>(value))), {}};
  }
  if (!answer->is_string()) return {std::nullopt, std::string("the gold is a JSON ") + answer->type_name()};
  std::string_view text = answer->get_ref<const std::string&>();
  if (const std::size_t mark = text.rfind("####"); mark != std::string_view::npos) text.remove_prefix(mark + 4);
  Gold gold{read_integer(text), {}};
  if (!gold.value) gold.problem = "the gold \"" + shown(trimmed(text)) + "\" is not an integer";
  return gold;
}

std::optional<std::string> IntegerVerifier::bad_row(const std::string& columns) const {
  const Gold gold = read_gold(columns);
  if (gold.value) return std::nullopt;
  return gold.problem.empty() ? "the row has no integer gold" : gold.problem;
}

Verdict IntegerVerifier::verify(const VerifyRequest& request) const {
  Verdict verdict;
  const Gold gold = read_gold(request.columns);
  const auto text = answer_part(request.response, reasoning_);
  const auto found = text ? find_answer(*text, request.finished) : std::nullopt;
  if (found) verdict.extracted = shown(found->text);

  if (!gold.value) {
    verdict.outcome = Outcome::kUndecided;
    verdict.explanation = gold.problem;
  } else if (!found || found->text.empty()) {
    verdict.outcome = Outcome::kNoAnswer;
    verdict.explanation = !text ? "the reasoning never ends" : !found ? "no \\boxed{}, <answer> or #### after the reasoning" : std::string(name_of(found->mark)) + " is empty";
  } else {
    const auto value = read_integer(found->text);
    const bool equal = value && *value == *gold.value;
    verdict.outcome = equal ? Outcome::kPass : Outcome::kFail;
    verdict.score = equal ? 1 : 0;
    verdict.explanation = std::string(name_of(found->mark)) + " holds \"" + verdict.extracted + "\", " +
                          (equal ? "equal to" : value ? "not equal to" : "not an integer; expected") + " the gold " + shown(to_text(*gold.value));
  }
  return verdict;
}

}  // namespace laconic::verifiers
