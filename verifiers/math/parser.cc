// What every part of the parser uses: brackets and their partners, budgets, reasons.
#include "verifiers/math/parser.h"

#include "verifiers/math/parse.h"

namespace laconic::verifiers::math {

bool is_open(Tok kind) {
  return kind == Tok::kOpenParen || kind == Tok::kOpenBracket || kind == Tok::kOpenSet || kind == Tok::kOpenAngle || kind == Tok::kOpenGroup || kind == Tok::kBegin;
}

bool is_close(Tok kind) {
  return kind == Tok::kCloseParen || kind == Tok::kCloseBracket || kind == Tok::kCloseSet || kind == Tok::kCloseAngle || kind == Tok::kCloseGroup || kind == Tok::kEndEnvironment;
}

namespace {

bool closes(Tok open, Tok close) {
  switch (close) {
    case Tok::kCloseParen: case Tok::kCloseBracket: return open == Tok::kOpenParen || open == Tok::kOpenBracket;
    case Tok::kCloseSet: return open == Tok::kOpenSet;
    case Tok::kCloseAngle: return open == Tok::kOpenAngle;
    case Tok::kCloseGroup: return open == Tok::kOpenGroup;
    case Tok::kEndEnvironment: return open == Tok::kBegin;
    default: return false;
  }
}

bool is_alignment(const std::string& name) {
  return name == "aligned" || name == "align" || name == "gather" || name == "gathered" || name == "split" || name == "eqnarray" || name == "equation" || name == "alignedat";
}

}  // namespace

Parser::Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
  flatten_alignments();
  match_brackets();
}

void Parser::flatten_alignments() {
  std::vector<bool> open;  // is the environment an alignment?
  std::vector<Token> out;
  out.reserve(tokens_.size());
  for (Token& token : tokens_) {
    if (token.kind == Tok::kBegin) {
      open.push_back(is_alignment(token.text));
      if (open.back()) continue;
    } else if (token.kind == Tok::kEndEnvironment && !open.empty()) {
      const bool alignment = open.back();
      open.pop_back();
      if (alignment) continue;
    } else if (!open.empty() && open.back()) {
      if (token.kind == Tok::kColumn) continue;
      if (token.kind == Tok::kRow) token.kind = Tok::kComma;
    }
    out.push_back(std::move(token));
  }
  tokens_ = std::move(out);
}

void Parser::match_brackets() {
  close_of_.assign(tokens_.size(), 0);
  separated_.assign(tokens_.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Tok kind = tokens_[i].kind;
    if (is_open(kind)) {
      open.push_back(i);
    } else if (is_close(kind)) {
      // A group's end closes whatever stayed open inside of it.
      std::size_t level = open.size();
      while (level > 0 && !closes(tokens_[open[level - 1]].kind, kind)) {
        if (kind != Tok::kCloseGroup && kind != Tok::kEndEnvironment) { level = 0; break; }
        --level;
      }
      if (level == 0) continue;
      close_of_[open[level - 1]] = i;
      open.resize(level - 1);
    } else if ((kind == Tok::kComma || kind == Tok::kSemicolon) && !open.empty()) {
      separated_[open.back()] = true;
    }
  }
}

bool Parser::accept(Tok wanted) {
  if (kind() != wanted || wanted == Tok::kEnd) return false;
  ++at_;
  return true;
}

bool Parser::expect(Tok wanted, std::string_view what) {
  if (accept(wanted)) return true;
  fail((kind() == Tok::kEnd ? std::string("the text ends") : describe(now())) + " where " + std::string(what) + " is needed");
  return false;
}

std::nullopt_t Parser::fail(std::string_view why) {
  if (problem_.empty()) problem_ = why;
  return std::nullopt;
}

bool Parser::too_deep() {
  if (depth_ < kMaxNesting) return false;
  over_budget_ = true;
  fail("nested more than " + std::to_string(kMaxNesting) + " deep");
  return true;
}

ExprPtr Parser::made(ExprPtr e) {
  if (++nodes_ <= kMaxParsedNodes) return e;
  over_budget_ = true;
  fail("more than " + std::to_string(kMaxParsedNodes) + " parts");
  return nullptr;
}

std::string Parser::describe(const Token& token) const {
  if (!token.text.empty()) return token.text;
  switch (token.kind) {
    case Tok::kPlus: return "+";
    case Tok::kMinus: return "-";
    case Tok::kTimes: return "*";
    case Tok::kDivide: return "/";
    case Tok::kPower: return "^";
    case Tok::kUnder: return "_";
    case Tok::kComma: return ",";
    case Tok::kSemicolon: return ";";
    case Tok::kColon: return ":";
    case Tok::kBar: return "|";
    case Tok::kOpenParen: return "(";
    case Tok::kCloseParen: return ")";
    case Tok::kOpenBracket: return "[";
    case Tok::kCloseBracket: return "]";
    case Tok::kOpenGroup: return "{";
    case Tok::kCloseGroup: return "}";
    case Tok::kOpenSet: return "\\{";
    case Tok::kCloseSet: return "\\}";
    case Tok::kPi: return "pi";
    case Tok::kInfinity: return "\\infty";
    case Tok::kRelation: return "a relation sign";
    case Tok::kBang: return "!";
    case Tok::kPercent: return "%";
    case Tok::kFrac: return "\\frac";
    case Tok::kSqrt: return "\\sqrt";
    case Tok::kDots: return "…";
    case Tok::kTo: return "an arrow";
    case Tok::kAnd: return "and";
    case Tok::kOr: return "or";
    case Tok::kEnd: return "the end";
    default: return "a sign";
  }
}

std::optional<Value> Parser::whole() {
  auto value = list(true);
  if (!value) {
    if (problem_.empty()) problem_ = "nothing there";
    return std::nullopt;
  }
  if (kind() != Tok::kEnd) return fail(describe(now()) + " is left over");
  return value;
}

}  // namespace laconic::verifiers::math
