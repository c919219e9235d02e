// Expressions for tests in a plain notation of their own, independent of the product's grammar:
//   3, 0.25, 0.1r6 (repeating 6), x, pi, e, i, inf, + - * / ^ !, f(a, b) for the functions of the table,
//   any other name before a bracket: an unknown function.
#pragma once

#include <cctype>
#include <map>
#include <stdexcept>
#include <string>

#include "verifiers/math/expr.h"

namespace laconic::verifiers::math::test {

inline ExprPtr node(Op op, std::vector<ExprPtr> args = {}, std::string text = {}) {
  return std::make_shared<Expr>(Expr{.op = op, .text = std::move(text), .args = std::move(args)});
}

class PlainParser {
 public:
  explicit PlainParser(std::string text) : text_(std::move(text)) {}
  ExprPtr all() {
    ExprPtr out = sum();
    blank();
    if (at_ != text_.size()) throw std::runtime_error("plain: rest \"" + text_.substr(at_) + "\" in " + text_);
    return out;
  }

 private:
  void blank() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool eat(char c) {
    blank();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  ExprPtr sum() {
    std::vector<ExprPtr> terms{product()};
    while (true) {
      if (eat('+')) terms.push_back(product());
      else if (eat('-')) terms.push_back(node(Op::kNegate, {product()}));
      else break;
    }
    return terms.size() == 1 ? terms[0] : node(Op::kAdd, std::move(terms));
  }
  ExprPtr product() {
    ExprPtr out = unary();
    while (true) {
      if (eat('*')) out = node(Op::kMul, {out, unary()});
      else if (eat('/')) out = node(Op::kDivide, {out, unary()});
      else return out;
    }
  }
  ExprPtr unary() {
    if (eat('-')) return node(Op::kNegate, {unary()});
    ExprPtr base = primary();
    while (eat('!')) base = node(Op::kFactorial, {base});
    return eat('^') ? node(Op::kPower, {base, unary()}) : base;
  }
  ExprPtr primary() {
    if (eat('(')) {
      ExprPtr out = sum();
      if (!eat(')')) throw std::runtime_error("plain: ) missing in " + text_);
      return out;
    }
    blank();
    const std::size_t start = at_;
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) return number();
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    const std::string name = text_.substr(start, at_ - start);
    if (name.empty()) throw std::runtime_error("plain: nothing at " + text_.substr(start));
    if (!eat('(')) {
      static const std::map<std::string, Op> constants = {{"pi", Op::kPi}, {"e", Op::kE}, {"i", Op::kI}, {"inf", Op::kInfinity}};
      if (const auto it = constants.find(name); it != constants.end()) return node(it->second);
      return node(Op::kSymbol, {}, name);
    }
    std::vector<ExprPtr> args;
    do args.push_back(sum());
    while (eat(','));
    if (!eat(')')) throw std::runtime_error("plain: ) missing in " + text_);
    static const std::map<std::string, Op> functions = {
        {"root", Op::kRoot}, {"binomial", Op::kBinomial}, {"abs", Op::kAbs}, {"floor", Op::kFloor}, {"ceil", Op::kCeiling}, {"gcd", Op::kGcd},
        {"lcm", Op::kLcm}, {"min", Op::kMin}, {"max", Op::kMax}, {"mod", Op::kMod}, {"exp", Op::kExp}, {"log", Op::kLog}, {"sin", Op::kSin},
        {"cos", Op::kCos}, {"tan", Op::kTan}, {"cot", Op::kCot}, {"sec", Op::kSec}, {"csc", Op::kCsc}, {"arcsin", Op::kArcsin},
        {"arccos", Op::kArccos}, {"arctan", Op::kArctan}, {"sinh", Op::kSinh}, {"cosh", Op::kCosh}, {"tanh", Op::kTanh}, {"arsinh", Op::kArsinh},
        {"arcosh", Op::kArcosh}, {"artanh", Op::kArtanh}, {"sum", Op::kSum}, {"prod", Op::kProduct}, {"re", Op::kRe}, {"im", Op::kIm},
        {"conj", Op::kConjugate}, {"power", Op::kPower}};
    if (name == "sqrt") return node(Op::kRoot, {args.at(0), node(Op::kNumber, {}, "2")});
    if (name == "cbrt") return node(Op::kRoot, {args.at(0), node(Op::kNumber, {}, "3")});
    if (const auto it = functions.find(name); it != functions.end()) return node(it->second, std::move(args));
    return node(Op::kCall, std::move(args), name);
  }
  ExprPtr number() {
    Expr out{.op = Op::kNumber, .text = {}, .args = {}};
    bool repeating = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '.' && !out.decimal) out.decimal = true;
      else if (c == 'r' && out.decimal) repeating = true;
      else if (std::isdigit(static_cast<unsigned char>(c))) {
        out.text += c;
        out.scale += out.decimal;
        out.repeat += repeating;
      } else break;
    }
    return std::make_shared<Expr>(std::move(out));
  }

  std::string text_;
  std::size_t at_ = 0;
};

inline ExprPtr plain(const std::string& text) { return PlainParser(text).all(); }

}  // namespace laconic::verifiers::math::test
