// Units and counted nouns behind a number: "cm", "\text{ square feet}", "km/h", "m^3", "children tickets".
//
// Canonical: names with their powers, sorted ("metre second^-1"); a word that no table knows is a
// noun, "#ticket". Only words behind a number come here, so no word inside a text is ever deleted.
#include <algorithm>
#include <cctype>
#include <map>

#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

std::string singular(std::string word) {
  if (word.size() > 4 && word.ends_with("ies")) return word.substr(0, word.size() - 3) + "y";
  if (word.size() > 4 && (word.ends_with("ches") || word.ends_with("shes") || word.ends_with("sses") || word.ends_with("xes"))) return word.substr(0, word.size() - 2);
  if (word.size() > 3 && word.ends_with("s") && !word.ends_with("ss")) word.pop_back();
  return word;
}

class UnitBuilder {
 public:
  // False: a word that begins something else ("where", "if").
  bool word(std::string_view raw) {
    std::string text;
    for (const char c : raw) {
      if (std::isalpha(static_cast<unsigned char>(c)) || c == '\'') text += c;
    }
    if (text.empty()) return true;
    const std::string low = folded(text);
    if (low == "where" || low == "if" || low == "for" || low == "when" || low == "or" || low == "and" || low == "with") return false;
    if (low == "of" || low == "the" || low == "a" || low == "an" || (low == "in" && !powers_.empty())) return true;
    if (low == "square" || low == "sq") { pending_ = 2; return true; }
    if (low == "cubic" || low == "cu") { pending_ = 3; return true; }
    if (low == "squared" || low == "cubed") { raise(low == "squared" ? 2 : 3); return true; }
    if (low == "per") { sign_ = -1; return true; }
    std::string_view name = unit_named(low);
    if (name.empty() && text.size() == 1) name = short_unit_named(text);
    if (name.empty()) {
      last_ = "#" + singular(low);
      powers_[last_] = 1;
    } else if (const std::size_t slash = name.find('/'); slash != std::string_view::npos) {
      powers_[std::string(name.substr(0, slash))] += sign_;
      powers_[std::string(name.substr(slash + 1))] -= sign_;
      last_.clear();
    } else {
      last_ = name;
      powers_[last_] += sign_ * pending_;
    }
    any_ = true;
    sign_last_ = sign_;
    pending_ = 1;
    sign_ = 1;
    return true;
  }
  void raise(int power) {
    if (!last_.empty() && powers_.count(last_)) powers_[last_] += sign_last_ * (power - 1);
  }
  void divide() { sign_ = -1; }
  bool any() const { return any_; }
  bool complete() const { return sign_ == 1; }

  std::string text() const {
    std::string out;
    for (const auto& [name, power] : powers_) {
      if (power == 0) continue;
      if (!out.empty()) out += ' ';
      out += name;
      if (power != 1) out += "^" + std::to_string(power);
    }
    return out;
  }

 private:
  std::map<std::string, int> powers_;
  std::string last_;
  int pending_ = 1, sign_ = 1, sign_last_ = 1;
  bool any_ = false;
};

// All words of a text, "/" and digits behind "^" included. False: it is no unit.
bool add_words(UnitBuilder& unit, std::string_view words) {
  std::string word;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const char c = i < words.size() ? words[i] : ' ';
    if (std::isalpha(static_cast<unsigned char>(c)) || c == '\'' || c == '.') { word += c; continue; }
    if (!word.empty() && !unit.word(word)) return false;
    word.clear();
    if (c == '/') unit.divide();
    else if (c == '^' || c == '{' || c == '}' || c == '$') continue;
    else if (std::isdigit(static_cast<unsigned char>(c)) && i > 0 && (words[i - 1] == '^' || words[i - 1] == '{')) unit.raise(c - '0');
    else if (c == ' ' || c == '~' || c == ',' || c == '-' || c == '\n' || c == '\t' || c == '\r' || c == '\\') continue;
    else return false;
  }
  return true;
}

}  // namespace

std::string canonical_unit(std::string_view words) {
  UnitBuilder unit;
  return add_words(unit, words) && unit.any() ? unit.text() : std::string();
}

std::string Parser::unit() {
  UnitBuilder unit;
  bool after_division = false, degrees = false;
  const std::size_t start = at_;
  while (true) {
    if (kind() == Tok::kText || kind() == Tok::kWord) {
      const std::size_t before = at_;
      const std::string text = now().text;
      ++at_;
      UnitBuilder attempt = unit;
      if (!add_words(attempt, text)) { at_ = before; break; }
      unit = attempt;
    } else if (kind() == Tok::kDegree && !unit.any()) {
      ++at_;
      degrees = true;
      continue;
    } else if (kind() == Tok::kSymbol && (after_division || unit.any()) && (!short_unit_named(now().text).empty() || degrees)) {
      if (!unit.word(now().text)) break;
      ++at_;
    } else if (kind() == Tok::kSymbol && unit.any() && start < at_ && tokens_[at_ - 1].kind == Tok::kWord && now().text.size() == 1 && std::islower(static_cast<unsigned char>(now().text[0]))) {
      ++at_;  // "5 apples a day": a letter among words
    } else {
      break;
    }
    after_division = false;
    if (kind() == Tok::kPower && ahead(1).kind == Tok::kNumber && ahead(1).text.size() == 1) {
      unit.raise(ahead(1).text[0] - '0');
      at_ += 2;
    } else if (kind() == Tok::kPower && ahead(1).kind == Tok::kOpenGroup && ahead(2).kind == Tok::kNumber && ahead(2).text.size() == 1 && ahead(3).kind == Tok::kCloseGroup) {
      unit.raise(ahead(2).text[0] - '0');
      at_ += 4;
    } else if (kind() == Tok::kPower && ahead(1).kind == Tok::kOpenGroup && ahead(2).kind == Tok::kMinus && ahead(3).kind == Tok::kNumber && ahead(3).text.size() == 1 && ahead(4).kind == Tok::kCloseGroup) {
      unit.raise(-(ahead(3).text[0] - '0'));
      at_ += 5;
    }
    if (kind() == Tok::kDivide && (ahead(1).kind == Tok::kText || ahead(1).kind == Tok::kWord || ahead(1).kind == Tok::kSymbol)) {
      ++at_;
      unit.divide();
      after_division = true;
    } else if (kind() == Tok::kTimes && (ahead(1).kind == Tok::kText || ahead(1).kind == Tok::kWord)) {
      ++at_;
    }
  }
  if (degrees && !unit.any()) return "degree";
  if (!unit.any() || !unit.complete()) return {};
  return unit.text();
}

}  // namespace laconic::verifiers::math
