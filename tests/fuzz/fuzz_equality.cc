// The equality ladder on any trees: bytes are postfix for two expressions. No crash, no run-away; swapping
// the sides swaps the verdict.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "verifiers/math/equality.h"
#include "verifiers/math/shape.h"

using namespace laconic::verifiers::math;

namespace {

const bool without_helper = setenv("LACONIC_ALGEBRA", "", 1) == 0;

ExprPtr node(Op op, std::vector<ExprPtr> args = {}, std::string text = {}) { return std::make_shared<Expr>(Expr{.op = op, .text = std::move(text), .args = std::move(args)}); }

// One byte a node: 0–63 an operation with its arguments from the stack, 64–127 a small number or a name,
// the rest digits of a larger number.
ExprPtr build(const std::uint8_t* data, std::size_t size) {
  constexpr const char* kNames[] = {"x", "y", "n", "k"};
  std::vector<ExprPtr> stack;
  for (std::size_t i = 0; i < size && i < 48; ++i) {
    const std::uint8_t byte = data[i];
    if (byte >= 128) {
      auto number = std::make_shared<Expr>(Expr{.op = Op::kNumber, .text = std::to_string((byte - 128) * 7919), .args = {}});
      number->scale = byte % 3;
      stack.push_back(number);
    } else if (byte >= 64) {
      stack.push_back(byte % 4 == 0 ? node(Op::kSymbol, {}, kNames[byte / 4 % 4]) : node(Op::kNumber, {}, std::to_string(byte % 13)));
    } else {
      const Op op = static_cast<Op>(byte % (static_cast<int>(Op::kCall) + 1));
      const Arity arity = arity_of(op);
      std::size_t count = static_cast<std::size_t>(arity.most < 0 ? 2 : byte % 2 ? arity.most : arity.least);
      if (op == Op::kNumber || op == Op::kSymbol || op == Op::kPlusMinus || count > stack.size()) continue;
      std::vector<ExprPtr> args(stack.end() - static_cast<std::ptrdiff_t>(count), stack.end());
      stack.resize(stack.size() - count);
      if (op == Op::kSum || op == Op::kProduct) args[1] = node(Op::kSymbol, {}, "k");
      stack.push_back(node(op, std::move(args), op == Op::kCall ? "f" : ""));
    }
  }
  return stack.empty() ? nullptr : stack.back();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || !without_helper) return 0;
  const std::size_t middle = 1 + data[0] % (size - 1);
  const ExprPtr a = build(data + 1, middle - 1), b = build(data + middle, size - middle);
  const Truth there = compare(a, b).truth, back = compare(b, a).truth;
  const auto settled = [](Truth t) { return t == Truth::kEqual || t == Truth::kDifferent; };
  if (there == Truth::kFault || back == Truth::kFault) std::abort();  // there is no helper to fail
  if (settled(there) && settled(back) && there != back) std::abort();
  const Truth self = compare(a, a).truth;
  if (self == Truth::kDifferent || self == Truth::kPredictionBad) std::abort();  // at worst the row is bad
  return 0;
}
