// Sums, products and powers.
//
// Juxtaposition binds tighter than "/": a/2b is a/(2b); but a plain number above takes only the next
// factor, so that 1/2 x is a half of x.
#include "verifiers/math/build.h"
#include "verifiers/math/parse.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {

ExprPtr Parser::sum() {
  if (too_deep()) return nullptr;
  const Nested nested(*this);
  std::vector<ExprPtr> terms;
  bool first = true;
  while (true) {
    const Tok sign = kind();
    const bool signed_term = sign == Tok::kPlus || sign == Tok::kMinus || sign == Tok::kPlusMinus || sign == Tok::kMinusPlus;
    if (!first && !signed_term) break;
    if (signed_term) ++at_;
    int minuses = sign == Tok::kMinus ? 1 : 0;
    while (signed_term && (kind() == Tok::kMinus || kind() == Tok::kPlus)) {  // "- -3"
      if (kind() == Tok::kMinus) ++minuses;
      ++at_;
    }
    ExprPtr term = product();
    if (!term) return nullptr;
    if (sign == Tok::kPlusMinus || sign == Tok::kMinusPlus) {
      std::vector<ExprPtr> args;
      if (!terms.empty()) args.push_back(terms.size() == 1 ? terms[0] : node(Op::kAdd, terms));
      args.push_back(minuses % 2 ? negate(std::move(term)) : std::move(term));
      terms = {made(node(Op::kPlusMinus, std::move(args), sign == Tok::kMinusPlus ? "mp" : ""))};
    } else {
      // A leading minus belongs to what is divided: −7 mod 5 is 3.
      if (first && minuses % 2 && term->op == Op::kMod) terms.push_back(made(node(Op::kMod, {negate(term->args[0]), term->args[1]})));
      else terms.push_back(minuses % 2 ? made(negate(std::move(term))) : std::move(term));
    }
    if (!terms.back()) return nullptr;
    first = false;
  }
  ExprPtr total = terms.size() == 1 ? terms[0] : made(node(Op::kAdd, std::move(terms)));
  if (!total) return nullptr;
  if (kind() == Tok::kChoose || kind() == Tok::kOver) {
    const bool choose = kind() == Tok::kChoose;
    ++at_;
    ExprPtr below = sum();
    if (!below) return nullptr;
    return made(choose ? node(Op::kBinomial, {std::move(total), std::move(below)}) : divide(std::move(total), std::move(below)));
  }
  return total;
}

ExprPtr Parser::product() {
  ExprPtr left = juxtaposed(false);
  if (!left) return nullptr;
  std::vector<ExprPtr> factors = {left};
  const auto gathered = [&]() -> ExprPtr { return factors.size() == 1 ? factors[0] : made(node(Op::kMul, factors)); };
  while (true) {
    const Tok sign = kind();
    if (sign == Tok::kTimes) {
      ++at_;
      const bool minus = accept(Tok::kMinus);
      if (!minus) accept(Tok::kPlus);
      ExprPtr right = juxtaposed(false);
      if (!right) return nullptr;
      factors.push_back(minus ? made(negate(std::move(right))) : std::move(right));
    } else if (sign == Tok::kDivide) {
      ++at_;
      ExprPtr above = gathered();
      if (!above) return nullptr;
      const bool minus = accept(Tok::kMinus);
      ExprPtr below = juxtaposed(above->op == Op::kNumber || kind() == Tok::kSqrt);
      if (!below) return nullptr;
      factors = {made(divide(std::move(above), minus ? negate(std::move(below)) : std::move(below)))};
    } else if (sign == Tok::kMod) {
      ++at_;
      ExprPtr above = gathered();
      if (!above) return nullptr;
      const bool minus = accept(Tok::kMinus);
      ExprPtr below = juxtaposed(false);
      if (!below) return nullptr;
      factors = {made(node(Op::kMod, {std::move(above), minus ? negate(std::move(below)) : std::move(below)}))};
    } else if (starts_factor()) {
      ExprPtr right = juxtaposed(false);  // behind 1/2: the quotient times what follows
      if (!right) return nullptr;
      factors.push_back(std::move(right));
    } else {
      break;
    }
    if (!factors.back()) return nullptr;
  }
  return gathered();
}

// `single_after_number`: a denominator under a plain number: if it begins with a number or a bracket
// it is that one factor.
ExprPtr Parser::juxtaposed(bool single_after_number) {
  const Tok first = kind();
  ExprPtr left = power();
  if (!left) return nullptr;
  if (single_after_number && (first == Tok::kNumber || first == Tok::kOpenParen || first == Tok::kSqrt || first == Tok::kRootSign || first == Tok::kOpenGroup)) return left;
  if (!starts_factor()) return left;
  std::vector<ExprPtr> factors = {std::move(left)};
  while (starts_factor()) {
    ExprPtr right = power();
    if (!right) return nullptr;
    factors.push_back(std::move(right));
  }
  return made(node(Op::kMul, std::move(factors)));
}

bool Parser::starts_factor() const {
  switch (kind()) {
    case Tok::kNumber: {
      // Two numbers side by side are no product, but 3 1½ is.
      if (at_ == 0) return true;
      const Tok before = tokens_[at_ - 1].kind;
      if (before == Tok::kNumber || before == Tok::kSymbol) return before == Tok::kNumber && ahead(1).kind == Tok::kFrac;
      return before == Tok::kCloseGroup || before == Tok::kCloseParen;
    }
    case Tok::kSymbol: case Tok::kFunction: case Tok::kFrac: case Tok::kSqrt: case Tok::kRootSign: case Tok::kBinom:
    case Tok::kSum: case Tok::kProduct: case Tok::kIntegral: case Tok::kOpenFloor: case Tok::kOpenCeil: case Tok::kPi:
    case Tok::kInfinity: case Tok::kAccent: case Tok::kAngle:
      return true;
    case Tok::kOpenParen:
      if (ahead(1).kind == Tok::kMod) return false;  // 10 (mod 7)
      [[fallthrough]];
    case Tok::kOpenGroup: case Tok::kOpenBracket: case Tok::kOpenSet:
      return !separated_[at_] && close_of_[at_] != 0;
    case Tok::kBar: return bars_ == 0 && !builder_;
    case Tok::kWord: return at_ > 0 && tokens_[at_ - 1].kind == Tok::kNumber && is_scale_word(folded(now().text));  // "5 million"
    default: return false;
  }
}

ExprPtr Parser::power() {
  ExprPtr base = primary();
  if (!base) return nullptr;
  base = postfix(std::move(base));
  if (!base || kind() != Tok::kPower) return base;
  ++at_;
  ExprPtr above = exponent();
  if (!above) return nullptr;
  if (kind() == Tok::kUnder && base->op == Op::kSymbol && base->text.find('_') == std::string::npos) {  // x^2_1
    ++at_;
    const std::string index = subscript();
    if (index.empty()) return fail_scalar("an empty index");
    base = symbol(base->text + "_" + index);
  }
  return postfix(made(node(Op::kPower, {std::move(base), std::move(above)})));
}

ExprPtr Parser::exponent() {
  if (too_deep()) return nullptr;
  const Nested nested(*this);
  if (kind() == Tok::kOpenGroup) {
    ExprPtr inside = parenthesised(Tok::kCloseGroup);
    if (!inside || kind() != Tok::kPower) return inside;
    ++at_;
    ExprPtr above = exponent();
    return above ? made(node(Op::kPower, {std::move(inside), std::move(above)})) : nullptr;
  }
  if (accept(Tok::kMinus)) {
    ExprPtr inside = exponent();
    return inside ? made(negate(std::move(inside))) : nullptr;
  }
  accept(Tok::kPlus);
  ExprPtr inside = primary();
  if (!inside) return nullptr;
  while (kind() == Tok::kBang) {
    ++at_;
    inside = made(node(Op::kFactorial, {std::move(inside)}));
    if (!inside) return nullptr;
  }
  if (kind() != Tok::kPower) return inside;
  ++at_;
  ExprPtr above = exponent();
  return above ? made(node(Op::kPower, {std::move(inside), std::move(above)})) : nullptr;
}

ExprPtr Parser::postfix(ExprPtr base) {
  while (base) {
    if (kind() == Tok::kBang) {
      ++at_;
      base = made(node(Op::kFactorial, {std::move(base)}));
    } else if (kind() == Tok::kPercent) {
      ++at_;
      base = made(node(Op::kCall, {std::move(base)}, std::string(kPercentMark)));
    } else if (kind() == Tok::kDegree) {
      ++at_;
      std::vector<ExprPtr> parts = {std::move(base)};
      // 12° 30′ 15″
      for (const auto& [mark, parts_of_one] : {std::pair{Tok::kPrime, 60}, std::pair{Tok::kArcSecond, 3600}}) {
        if (kind() != Tok::kNumber) break;
        const bool doubled = ahead(1).kind == Tok::kPrime && ahead(2).kind == Tok::kPrime;
        const bool is_mark = ahead(1).kind == mark || (mark == Tok::kArcSecond && doubled);
        if (!is_mark || (mark == Tok::kPrime && doubled)) continue;
        ExprPtr amount = number_token();
        if (!amount) return nullptr;
        at_ += mark == Tok::kArcSecond && doubled ? 2 : 1;
        parts.push_back(divide(std::move(amount), integer(parts_of_one)));
      }
      ExprPtr angle = parts.size() == 1 ? parts[0] : made(node(Op::kAdd, std::move(parts)));
      base = angle ? made(node(Op::kCall, {std::move(angle)}, std::string(kDegreeMark))) : nullptr;
    } else {
      break;
    }
  }
  return base;
}

}  // namespace laconic::verifiers::math
