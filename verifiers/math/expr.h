// Scalar mathematics as a tree: what the grammar makes of a value, what the equality ladder compares.
//
// Structures around scalars (tuples, sets, intervals, equations, units, text) are no Expr: see
// answer_value.h. Nodes are immutable and shared; building is bounded by the parser's node budget.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace laconic::verifiers::math {

enum class Op : std::uint8_t {
  kNumber,    // exact decimal: `text` = digits, `scale` = how many of them stand after the point, `repeat`: how many of the last ones repeat (0.1\overline{6}: "16", scale 2, repeat 1)
  kSymbol,    // `text`: canonical name: "x", "x_1", "\\alpha" as "alpha"
  kPi, kE, kI, kInfinity,
  kAdd, kMul, // n-ary, n ≥ 2
  kNegate, kDivide, kPower,   // 1, 2, 2 arguments
  kRoot,      // radicand, index: the real or principal root; √x is kRoot(x, 2), ∛x is kRoot(x, 3)
  kPlusMinus, // 1 or 2 arguments; expanded before comparison (minus_plus: `text` = "mp")
  kFactorial, kBinomial, kAbs, kFloor, kCeiling, kGcd, kLcm, kMin, kMax, kMod,
  kExp, kLog, // kLog: argument[, base]; without base natural
  kSin, kCos, kTan, kCot, kSec, kCsc, kArcsin, kArccos, kArctan, kSinh, kCosh, kTanh, kArsinh, kArcosh, kArtanh,
  kSum, kProduct,   // term, variable, lower, upper (closed bounds)
  kRe, kIm, kConjugate,
  kCall,      // a named function that is not known ("f(x)"): `text` = name
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  Op op;
  std::string text;             // kNumber, kSymbol, kCall
  int scale = 0, repeat = 0;    // kNumber
  bool decimal = false;         // kNumber: written with a point
  std::vector<ExprPtr> args;
};

}  // namespace laconic::verifiers::math
