#include "verifiers/math/parse.h"

#include <algorithm>
#include <utility>

#include "verifiers/math/build.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

bool blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool strip_pair(std::string_view& text, std::string_view open, std::string_view close) {
  if (text.size() < open.size() + close.size() || !text.starts_with(open) || !text.ends_with(close)) return false;
  const std::string_view inside = text.substr(open.size(), text.size() - open.size() - close.size());
  if (inside.find(open) != std::string_view::npos || (!inside.empty() && inside.back() == '\\')) return false;
  text = inside;
  return true;
}

// Blanks, formula delimiters, emphasis and a closing period around the whole text.
std::string_view unwrapped(std::string_view text) {
  for (bool changed = true; changed;) {
    changed = false;
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"$$", "$$"}, {"$", "$"}, {"\\(", "\\)"}, {"\\[", "\\]"}, {"**", "**"}, {"__", "__"}, {"`", "`"}}) {
      if (strip_pair(text, open, close)) { changed = true; break; }
    }
    if (!changed && text.size() > 1 && (text.back() == '.' || text.back() == ';' || text.back() == ',') && !text.ends_with("..") && !text.ends_with("right.") && !text.ends_with("m.")) {
      text.remove_suffix(1);
      changed = true;
    }
  }
  return text;
}

// Marks of degrees and percent inside of a formula become numbers.
ExprPtr without_marks(const ExprPtr& e) {
  if (!contains_call(e, kDegreeMark) && !contains_call(e, kPercentMark)) return e;
  std::vector<ExprPtr> args;
  for (const ExprPtr& arg : e->args) args.push_back(without_marks(arg));
  if (e->op == Op::kCall && e->text == kDegreeMark) return divide(multiply(args[0], node(Op::kPi)), integer(180));
  if (e->op == Op::kCall && e->text == kPercentMark) return divide(args[0], integer(100));
  auto copy = std::make_shared<Expr>(*e);
  copy->args = std::move(args);
  return copy;
}

// The marks at the outside are units: 30°, −5°, 10% ± 2%, 180° − 40°.
bool take_mark(const ExprPtr& e, std::string_view mark, ExprPtr& bare) {
  if (e->op == Op::kCall && e->text == mark) {
    bare = e->args[0];
    return true;
  }
  if (e->op != Op::kNegate && e->op != Op::kAdd && e->op != Op::kPlusMinus) return false;
  std::vector<ExprPtr> args;
  for (const ExprPtr& arg : e->args) {
    ExprPtr inner;
    if (!take_mark(arg, mark, inner)) return false;
    args.push_back(std::move(inner));
  }
  auto copy = std::make_shared<Expr>(*e);
  copy->args = std::move(args);
  bare = copy;
  return true;
}

void resolve_marks(Value& value) {
  for (Value& item : value.items) resolve_marks(item);
  if (!value.scalar) return;
  ExprPtr bare;
  if (take_mark(value.scalar, kDegreeMark, bare)) {
    value.scalar = bare;
    if (value.unit.empty()) value.unit = "degree";
  } else if (take_mark(value.scalar, kPercentMark, bare)) {
    value.scalar = divide(bare, integer(100));
    value.unit = "percent";
  }
  value.scalar = without_marks(value.scalar);
}

bool has_signs(const Value& value) {
  return (value.scalar && contains(value.scalar, Op::kPlusMinus)) || std::any_of(value.items.begin(), value.items.end(), has_signs);
}

// Every ± written out; at most `limit` values, none when there would be more.
std::vector<Value> expanded(const Value& value, std::size_t limit) {
  if (!has_signs(value)) return {value};
  if (value.scalar) {
    std::vector<Value> out;
    for (ExprPtr& e : expand_signs(value.scalar, limit)) {
      out.push_back(value);
      out.back().scalar = std::move(e);
    }
    return out;
  }
  if (value.kind == Kind::kList || value.kind == Kind::kSet) {
    Value joined = value;
    joined.items.clear();
    for (const Value& item : value.items) {
      for (Value& one : expanded(item, limit)) {
        if (joined.items.size() >= kMaxItems) return {};
        joined.items.push_back(std::move(one));
      }
    }
    return {joined};
  }
  std::vector<Value> out = {value};
  out[0].items.clear();
  for (const Value& item : value.items) {
    const std::vector<Value> choices = expanded(item, limit);
    if (choices.empty() || out.size() * choices.size() > limit) return {};
    std::vector<Value> next;
    for (const Value& before : out) {
      for (const Value& choice : choices) {
        next.push_back(before);
        next.back().items.push_back(choice);
      }
    }
    out = std::move(next);
  }
  return out;
}

bool only_words(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || blank(c) || c == '-' || c == '\'' || c == '.' || c == ','; });
}

// A word of letters that is no formula: "Evelyn", "east", "no solution"; not "ab", "xy", "E".
bool looks_like_words(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return only_words(text) && (longest >= 4 || phrase_value(folded(text)) || number_in_words(folded(text)) || is_listed_word(folded(text)));
}

Parsed parsed_formula(std::string_view text, const Reading& reading) {
  Parsed out;
  Lexed lexed = lex(text, reading);
  out.ambiguity = lexed.ambiguity;
  if (!lexed.problem.empty()) {
    out.problem = lexed.problem;
    out.over_budget = true;
    return out;
  }
  Parser parser(std::move(lexed.tokens));
  out.value = parser.whole();
  out.over_budget = parser.over_budget();
  if (!out.value) {
    out.problem = parser.problem();
    return out;
  }
  resolve_marks(*out.value);
  if (has_signs(*out.value)) {
    std::vector<Value> all = expanded(*out.value, 64);
    if (all.empty()) {
      out.value.reset();
      out.problem = "more choices of ± than 64";
      out.over_budget = true;
    } else if (all.size() == 1) {
      out.value = std::move(all[0]);
    } else {
      Value list;
      list.kind = Kind::kList;
      list.items = std::move(all);
      out.value = std::move(list);
    }
  }
  return out;
}

}  // namespace

Parsed parse(std::string_view raw, const Reading& reading) {
  Parsed out;
  if (raw.size() > kMaxAnswerBytes) {
    out.problem = "more than " + std::to_string(kMaxAnswerBytes) + " bytes";
    out.over_budget = true;
    return out;
  }
  const std::string_view text = unwrapped(raw);
  if (text.empty()) {
    out.problem = "nothing there";
    return out;
  }
  bool quoted = false;
  if (const auto plain = plain_text(text, quoted)) {
    if (auto choice = parse_choice(*plain)) { out.value = std::move(choice); return out; }
    if (auto time = parse_time(*plain)) { out.value = std::move(time); return out; }
    const bool words_only = only_words(*plain);
    if ((quoted && words_only && plain->find(',') == std::string::npos) || looks_like_words(*plain)) {
      // A single quoted letter is that letter; a few letters may be a product, judged by both readings.
      std::size_t letters = static_cast<std::size_t>(std::count_if(plain->begin(), plain->end(), [](char c) { return !blank(c) && c != '.'; }));
      bool fallback = false;
      if (quoted && (plain->find(" and ") != std::string::npos || plain->find(" or ") != std::string::npos)) {
        Parsed list = parsed_formula(*plain, reading);  // "\\text{A and B}"
        if (list.value && list.value->kind == Kind::kList) return list;
      }
      if (letters > 1) {
        if (auto words = parse_words(*plain, quoted, fallback)) {
          const bool formula_too = fallback || *plain == "second";
          if (formula_too) {
            Parsed formula = parsed_formula(text, reading);
            if (formula.value) return formula;
          }
          out.value = std::move(words);
          out.fallback = fallback;
          return out;
        }
      }
    }
    if (quoted) {  // "\text{13}", "\text{A,C,F}", "\text{June 20}"
      Parsed inside = parsed_formula(*plain, reading);
      if (inside.value) return inside;
      bool fallback = false;
      if (auto words = parse_words(*plain, true, fallback)) { out.value = std::move(words); return out; }
    }
  }
  return parsed_formula(text, reading);
}

std::vector<Value> understood_parts(std::string_view raw, std::size_t limit) {
  std::vector<Value> parts;
  if (raw.size() > kMaxAnswerBytes) return parts;
  const Lexed lexed = lex(unwrapped(raw));
  if (!lexed.problem.empty()) return parts;
  std::vector<Token> run;
  const auto flush = [&] {
    // A run ends where a word or an unknown sign stands; one that does not parse is cut at its relations and commas.
    if (run.empty() || parts.size() >= limit) { run.clear(); return; }
    std::vector<std::vector<Token>> tries = {run};
    std::vector<Token> piece;
    for (const Token& token : run) {
      if (token.kind == Tok::kRelation || token.kind == Tok::kComma || token.kind == Tok::kSemicolon || token.kind == Tok::kColon) {
        if (!piece.empty()) tries.push_back(std::exchange(piece, {}));
        continue;
      }
      piece.push_back(token);
    }
    if (!piece.empty() && tries.size() > 1) tries.push_back(piece);
    for (std::vector<Token>& tokens : tries) {
      if (parts.size() >= limit) break;
      tokens.emplace_back();
      Parser parser(std::move(tokens));
      if (auto value = parser.whole()) {
        resolve_marks(*value);
        if (!has_signs(*value)) parts.push_back(std::move(*value));
      }
    }
    run.clear();
  };
  for (const Token& token : lexed.tokens) {
    if (token.kind == Tok::kUnknown || token.kind == Tok::kWord || token.kind == Tok::kText || token.kind == Tok::kEnd || token.kind == Tok::kDots || token.kind == Tok::kTo || token.kind == Tok::kAnd || token.kind == Tok::kOr) {
      flush();
      if (parts.size() >= limit) break;
    } else {
      run.push_back(token);
    }
  }
  return parts;
}

}  // namespace laconic::verifiers::math
