// Atoms: numbers, symbols, brackets, fractions, roots, functions.
#include <algorithm>
#include <utility>
#include <cctype>

#include "verifiers/math/build.h"
#include "verifiers/math/parse.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

struct Function {
  std::string_view name;
  Op op;
};
constexpr Function kUnary[] = {
    {"sin", Op::kSin}, {"cos", Op::kCos}, {"tan", Op::kTan}, {"cot", Op::kCot}, {"sec", Op::kSec}, {"csc", Op::kCsc},
    {"arcsin", Op::kArcsin}, {"arccos", Op::kArccos}, {"arctan", Op::kArctan}, {"sinh", Op::kSinh}, {"cosh", Op::kCosh}, {"tanh", Op::kTanh},
    {"arsinh", Op::kArsinh}, {"arcosh", Op::kArcosh}, {"artanh", Op::kArtanh}, {"ln", Op::kLog}, {"exp", Op::kExp}, {"abs", Op::kAbs},
    {"floor", Op::kFloor}, {"ceil", Op::kCeiling}, {"re", Op::kRe}, {"im", Op::kIm}, {"conj", Op::kConjugate}, {"factorial", Op::kFactorial}};
constexpr Function kMany[] = {{"gcd", Op::kGcd}, {"lcm", Op::kLcm}, {"max", Op::kMax}, {"min", Op::kMin}};
constexpr Function kInverse[] = {{"sin", Op::kArcsin}, {"cos", Op::kArccos}, {"tan", Op::kArctan}, {"sinh", Op::kArsinh}, {"cosh", Op::kArcosh}, {"tanh", Op::kArtanh}};

bool is_function_letter(std::string_view name) {
  return name == "f" || name == "g" || name == "h" || name == "F" || name == "G" || name.ends_with("'");
}

}  // namespace

ExprPtr Parser::primary() {
  if (too_deep()) return nullptr;
  const Nested nested(*this);
  switch (kind()) {
    case Tok::kNumber: return number_token();
    case Tok::kSymbol: return symbol_token();
    case Tok::kPi: ++at_; return made(node(Op::kPi));
    case Tok::kInfinity: ++at_; return made(node(Op::kInfinity));
    case Tok::kCurrency:
      currency_ = now().text;
      ++at_;
      return primary();
    case Tok::kMinus: {  // "$-5", "\$-5": behind a currency sign only
      if (at_ == 0 || tokens_[at_ - 1].kind != Tok::kCurrency) return fail_scalar("a sign out of place");
      ++at_;
      ExprPtr inside = primary();
      return inside ? made(negate(std::move(inside))) : nullptr;
    }
    case Tok::kFrac: {
      ++at_;
      ExprPtr above = argument();
      ExprPtr below = above ? argument() : nullptr;
      return below ? made(divide(std::move(above), std::move(below))) : nullptr;
    }
    case Tok::kBinom: {
      ++at_;
      ExprPtr above = argument();
      ExprPtr below = above ? argument() : nullptr;
      return below ? made(node(Op::kBinomial, {std::move(above), std::move(below)})) : nullptr;
    }
    case Tok::kSqrt: {
      const bool plain = now().text == "plain";
      ++at_;
      ExprPtr index = integer(2);
      if (kind() == Tok::kOpenBracket) {
        index = parenthesised(Tok::kCloseBracket);
        if (!index) return nullptr;
      }
      ExprPtr inside = kind() == Tok::kOpenParen ? parenthesised(Tok::kCloseParen) : plain && kind() == Tok::kNumber ? number_token() : argument();
      return inside ? made(node(Op::kRoot, {std::move(inside), std::move(index)})) : nullptr;
    }
    case Tok::kRootSign: {
      const long long index = now().text[0] - '0';
      ++at_;
      ExprPtr inside = kind() == Tok::kNumber ? number_token() : primary();
      return inside ? made(node(Op::kRoot, {std::move(inside), integer(index)})) : nullptr;
    }
    case Tok::kFunction: return function();
    case Tok::kSum: ++at_; return big_operator(Op::kSum);
    case Tok::kProduct: ++at_; return big_operator(Op::kProduct);
    case Tok::kIntegral: ++at_; return integral();
    case Tok::kOpenParen: return parenthesised(Tok::kCloseParen);
    case Tok::kOpenBracket: return parenthesised(Tok::kCloseBracket);
    case Tok::kOpenSet: return parenthesised(Tok::kCloseSet);
    case Tok::kOpenGroup: return parenthesised(Tok::kCloseGroup);
    case Tok::kOpenFloor: {
      ExprPtr inside = parenthesised(Tok::kCloseFloor);
      return inside ? made(node(Op::kFloor, {std::move(inside)})) : nullptr;
    }
    case Tok::kOpenCeil: {
      ExprPtr inside = parenthesised(Tok::kCloseCeil);
      return inside ? made(node(Op::kCeiling, {std::move(inside)})) : nullptr;
    }
    case Tok::kBar: {
      ++at_;
      ++bars_;
      const bool builder = std::exchange(builder_, false);
      ExprPtr inside = sum();
      builder_ = builder;
      --bars_;
      if (!inside || !expect(Tok::kBar, "the closing |")) return nullptr;
      return made(node(Op::kAbs, {std::move(inside)}));
    }
    case Tok::kAccent: return accent();
    case Tok::kAngle: {
      std::string name = now().text;
      ++at_;
      bool any = false;
      const bool braced = accept(Tok::kOpenGroup);
      while (kind() == Tok::kSymbol) {
        ExprPtr point = symbol_token();
        if (!point) return nullptr;
        name += any ? "" : " ";
        name += point->text;
        any = true;
      }
      if (!any || (braced && !expect(Tok::kCloseGroup, "}"))) return fail_scalar("an angle without a name");
      return made(symbol(std::move(name)));
    }
    case Tok::kWord: {
      const std::string word = folded(now().text);
      const bool scales = at_ > 0 && tokens_[at_ - 1].kind == Tok::kNumber && is_scale_word(word);
      if (const auto value = number_in_words(scales ? "one " + word : word)) {
        ++at_;
        return made(number(*value));
      }
      return fail_scalar("the word " + describe(now()));
    }
    default: return fail_scalar(kind() == Tok::kEnd ? "the text ends too early" : describe(now()) + " where a number or a symbol is needed");
  }
}

ExprPtr Parser::parenthesised(Tok close) {
  if (too_deep()) return nullptr;
  const Nested nested(*this);
  ++at_;
  const int bars = std::exchange(bars_, 0);
  const bool builder = std::exchange(builder_, false);
  ExprPtr inside = sum();
  bars_ = bars;
  builder_ = builder;
  if (!inside || !expect(close, "a closing bracket")) return nullptr;
  return inside;
}

ExprPtr Parser::argument() {
  if (kind() == Tok::kOpenGroup) return parenthesised(Tok::kCloseGroup);
  if (kind() == Tok::kNumber && tokens_[at_].base == 10 && !tokens_[at_].decimal && tokens_[at_].text.size() > 1) {
    // \frac12: TeX takes one digit
    Token& token = tokens_[at_];
    ExprPtr digit = made(number(token.text.substr(0, 1)));
    token.text.erase(0, 1);
    token.space_before = false;
    return digit;
  }
  if (kind() == Tok::kMinus) {
    ++at_;
    ExprPtr inside = argument();
    return inside ? made(negate(std::move(inside))) : nullptr;
  }
  return primary();
}

ExprPtr Parser::number_token() {
  const Token& token = now();
  ExprPtr value;
  if (token.base != 10) {
    value = made(number(decimal_digits(token.text, token.base)));
    if (value && token.scale > 0) value = made(divide(std::move(value), node(Op::kPower, {integer(token.base), integer(token.scale)})));
  } else {
    value = made(number(token.text, token.scale, token.repeat, token.decimal));
  }
  if (!value) return nullptr;
  const bool whole = token.base == 10 && !token.decimal;
  ++at_;
  if (!whole) return value;
  // Mixed numbers: 1\frac{4}{5}, 8\frac47, 11 2/3
  const auto proper = [](const std::string& above, const std::string& below) {
    return !above.empty() && above.size() <= 9 && below.size() <= 9 && std::stol(above) > 0 && std::stol(above) < std::stol(below);
  };
  const auto is_whole = [](const Token& t) { return t.kind == Tok::kNumber && !t.decimal && t.base == 10 && t.repeat == 0; };
  if (kind() == Tok::kFrac) {
    std::string above, below;
    std::size_t used = 0;
    if (ahead(1).kind == Tok::kOpenGroup && is_whole(ahead(2)) && ahead(3).kind == Tok::kCloseGroup) {
      above = ahead(2).text;
      used = 4;
    } else if (is_whole(ahead(1)) && ahead(1).text.size() == 1) {
      above = ahead(1).text;
      used = 2;
    } else if (is_whole(ahead(1)) && ahead(1).text.size() == 2) {
      above = ahead(1).text.substr(0, 1);
      below = ahead(1).text.substr(1);
      used = 2;
    }
    if (used && below.empty()) {
      if (ahead(used).kind == Tok::kOpenGroup && is_whole(ahead(used + 1)) && ahead(used + 2).kind == Tok::kCloseGroup) {
        below = ahead(used + 1).text;
        used += 3;
      } else if (is_whole(ahead(used)) && ahead(used).text.size() == 1) {
        below = ahead(used).text;
        used += 1;
      }
    }
    if (used && !below.empty() && proper(above, below)) {
      at_ += used;
      return made(add(std::move(value), divide(number(above), number(below))));
    }
  } else if (is_whole(now()) && now().space_before && ahead(1).kind == Tok::kDivide && is_whole(ahead(2)) && proper(now().text, ahead(2).text)) {
    const std::string above = now().text, below = ahead(2).text;
    at_ += 3;
    return made(add(std::move(value), divide(number(above), number(below))));
  }
  return value;
}

std::string Parser::subscript() {
  std::string out;
  if (kind() != Tok::kOpenGroup) {
    if (kind() == Tok::kNumber || kind() == Tok::kSymbol || kind() == Tok::kFunction || kind() == Tok::kWord || kind() == Tok::kPi || kind() == Tok::kText) {
      out = kind() == Tok::kPi ? "pi" : now().text;
      ++at_;
    }
    out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
    return out;
  }
  int depth = 0;
  while (kind() != Tok::kEnd && out.size() < 64) {
    const Token& token = now();
    ++at_;
    if (token.kind == Tok::kOpenGroup && depth++ == 0) continue;
    if (token.kind == Tok::kCloseGroup && --depth == 0) {
      out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
      return out;
    }
    out += describe(token);
  }
  return {};
}

ExprPtr Parser::symbol_token() {
  std::string name = now().text;
  ++at_;
  if (kind() == Tok::kUnder) {
    ++at_;
    const std::string index = subscript();
    if (index.empty()) return fail_scalar("an empty index");
    name += "_" + index;
  }
  while (kind() == Tok::kPrime) {
    name += "'";
    ++at_;
  }
  const bool is_bound = std::find(bound_.begin(), bound_.end(), name) != bound_.end();
  if (!is_bound && name == "e") return made(node(Op::kE));
  if (!is_bound && name == "i") return made(node(Op::kI));
  if (kind() == Tok::kOpenParen && is_function_letter(name) && close_of_[at_] != 0) return call(name);
  return made(symbol(std::move(name)));
}

ExprPtr Parser::call(const std::string& name) {
  std::vector<ExprPtr> args;
  if (!arguments(args)) return nullptr;
  return made(node(Op::kCall, std::move(args), name));
}

bool Parser::arguments(std::vector<ExprPtr>& args) {
  const Tok open = kind();
  const Tok close = open == Tok::kOpenParen ? Tok::kCloseParen : open == Tok::kOpenGroup ? Tok::kCloseGroup : open == Tok::kOpenSet ? Tok::kCloseSet : Tok::kCloseBracket;
  if (too_deep()) return false;
  const Nested nested(*this);
  ++at_;
  const int bars = std::exchange(bars_, 0);
  const bool builder = std::exchange(builder_, false);
  // {\left( … \right)}: brackets around all of the arguments
  const bool inner = kind() == Tok::kOpenParen && close_of_[at_] != 0 && tokens_[close_of_[at_] + 1].kind == close;
  if (inner) ++at_;
  do {
    if (args.size() >= kMaxItems) { fail("too many arguments"); return false; }
    ExprPtr arg = sum();
    if (!arg) return false;
    args.push_back(std::move(arg));
  } while (accept(Tok::kComma) || accept(Tok::kSemicolon));
  bars_ = bars;
  builder_ = builder;
  return (!inner || expect(Tok::kCloseParen, ")")) && expect(close, "a closing bracket");
}

// Without brackets: "sin 2x", "log 250", "ln x": a product up to the next function or sign.
ExprPtr Parser::function_argument() {
  const bool minus = accept(Tok::kMinus);
  std::vector<ExprPtr> factors;
  do {
    if (!factors.empty() && (kind() == Tok::kFunction || kind() == Tok::kOpenParen || kind() == Tok::kOpenBracket || kind() == Tok::kIntegral || kind() == Tok::kSum)) break;
    ExprPtr factor = power();
    if (!factor) return nullptr;
    factors.push_back(std::move(factor));
  } while (starts_factor());
  ExprPtr arg = factors.size() == 1 ? factors[0] : made(node(Op::kMul, std::move(factors)));
  return arg && minus ? made(negate(std::move(arg))) : arg;
}

ExprPtr Parser::function() {
  const std::string name = now().text;
  ++at_;
  if (name == "sqrt" || name == "cbrt") {
    ExprPtr inside = argument();
    return inside ? made(node(Op::kRoot, {std::move(inside), integer(name == "sqrt" ? 2 : 3)})) : nullptr;
  }
  ExprPtr base, above;
  for (int k = 0; k < 2; ++k) {
    if (!base && kind() == Tok::kUnder) {
      ++at_;
      base = argument();
      if (!base) return nullptr;
    } else if (!above && kind() == Tok::kPower) {
      ++at_;
      above = exponent();
      if (!above) return nullptr;
    }
  }
  if (base && name != "log") return fail_scalar("an index at " + name);
  bool inverse = false;
  if (above && above->op == Op::kNegate && above->args[0]->op == Op::kNumber && above->args[0]->text == "1") {
    inverse = std::any_of(std::begin(kInverse), std::end(kInverse), [&](const Function& f) { return f.name == name; });
  }
  std::vector<ExprPtr> args;
  if ((kind() == Tok::kOpenParen || kind() == Tok::kOpenGroup || kind() == Tok::kOpenBracket || kind() == Tok::kOpenSet) && close_of_[at_] != 0) {
    if (!arguments(args)) return nullptr;
  } else {
    ExprPtr arg = function_argument();
    if (!arg) return nullptr;
    args.push_back(std::move(arg));
  }
  ExprPtr value;
  if (inverse) {
    if (args.size() != 1) return fail_scalar(name + " of several arguments");
    const auto* found = std::find_if(std::begin(kInverse), std::end(kInverse), [&](const Function& f) { return f.name == name; });
    value = made(node(found->op, std::move(args)));
  } else if (name == "log" && base) {
    if (args.size() != 1) return fail_scalar("log of several arguments");
    value = made(node(Op::kLog, {args[0], std::move(base)}));
  } else {
    value = apply(name, std::move(args));
  }
  if (!value || !above || inverse) return value;
  return made(node(Op::kPower, {std::move(value), std::move(above)}));
}

ExprPtr Parser::apply(const std::string& name, std::vector<ExprPtr> args) {
  for (const Function& f : kMany) {
    if (f.name == name) return made(node(f.op, std::move(args)));
  }
  if (name == "binomial") return args.size() == 2 ? made(node(Op::kBinomial, std::move(args))) : fail_scalar("binomial needs two arguments");
  if (name == "log" && args.size() == 2) return made(node(Op::kLog, std::move(args)));
  if (args.size() != 1) return fail_scalar(name + " of " + std::to_string(args.size()) + " arguments");
  ExprPtr x = args[0];
  for (const Function& f : kUnary) {
    if (f.name == name) return made(node(f.op, {std::move(x)}));
  }
  if (name == "log") return made(node(Op::kLog, {std::move(x)}));
  if (name == "lg") return made(node(Op::kLog, {std::move(x), integer(10)}));
  if (name == "cis") return made(add(node(Op::kCos, {x}), multiply(node(Op::kI), node(Op::kSin, {x}))));
  if (name == "coth") return made(divide(integer(1), node(Op::kTanh, {std::move(x)})));
  if (name == "sech") return made(divide(integer(1), node(Op::kCosh, {std::move(x)})));
  if (name == "csch") return made(divide(integer(1), node(Op::kSinh, {std::move(x)})));
  if (name == "arccot") return made(subtract(divide(node(Op::kPi), integer(2)), node(Op::kArctan, {std::move(x)})));
  if (name == "arcsec") return made(node(Op::kArccos, {divide(integer(1), std::move(x))}));
  if (name == "arccsc") return made(node(Op::kArcsin, {divide(integer(1), std::move(x))}));
  return fail_scalar("the function " + name);
}

// \sum_{k=1}^{n} term
ExprPtr Parser::big_operator(Op op) {
  if (!expect(Tok::kUnder, "an index under the sum")) return nullptr;
  const bool braced = accept(Tok::kOpenGroup);
  if (kind() != Tok::kSymbol) return fail_scalar("a sum without an index");
  const std::string index = now().text;
  ++at_;
  if (kind() != Tok::kRelation || now().relation != Relation::kEqual) return fail_scalar("a sum without a lower bound");
  ++at_;
  ExprPtr lower = braced ? sum() : primary();
  if (!lower || (braced && !expect(Tok::kCloseGroup, "}"))) return nullptr;
  if (!expect(Tok::kPower, "an upper bound")) return nullptr;
  ExprPtr upper = exponent();
  if (!upper) return nullptr;
  bound_.push_back(index);
  ExprPtr term = product();
  bound_.pop_back();
  if (!term) return nullptr;
  return made(node(op, {std::move(term), symbol(index), std::move(lower), std::move(upper)}));
}

// \overline{AB} is written for the segment, the number or the set AB; other marks make a new name.
ExprPtr Parser::accent() {
  const std::string mark = now().text;
  ++at_;
  std::string name;
  const bool braced = accept(Tok::kOpenGroup);
  std::vector<ExprPtr> letters;
  while (kind() == Tok::kSymbol || kind() == Tok::kNumber) {
    if (kind() == Tok::kNumber) { name += now().text; ++at_; }
    else {
      letters.push_back(symbol_token());
      if (!letters.back()) return nullptr;
      name += letters.back()->op == Op::kSymbol ? letters.back()->text : letters.back()->op == Op::kE ? "e" : "i";
    }
    if (!braced) break;
  }
  if (name.empty() || (braced && !expect(Tok::kCloseGroup, "}"))) return fail_scalar("a mark over nothing");
  const bool points = letters.size() == 2 && name.size() == 2 && std::isupper(static_cast<unsigned char>(name[0])) && std::isupper(static_cast<unsigned char>(name[1]));
  if (points && mark != "vec") return made(node(Op::kMul, std::move(letters)));
  return made(symbol(mark + " " + name));
}

}  // namespace laconic::verifiers::math
