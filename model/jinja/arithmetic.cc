#include "model/jinja/arithmetic.h"

#include <cmath>

#include "model/jinja/lexer.h"

namespace laconic::model::jinja {
namespace {

Value power(Place at, std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  if (base == 0 || base == 1 || base == -1) return exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? std::int64_t{1} : base;
  std::int64_t result = 1;
  for (; exponent > 0; --exponent)  // at most 63 times, as |base| ≥ 2
    if (__builtin_mul_overflow(result, base, &result)) fail(at, "a number beyond 64 bits");
  return result;
}

}  // namespace

Value arithmetic(Place at, std::string_view op, const Value& a, const Value& b) {
  const bool whole = a.is_integer() && b.is_integer();
  if ((op == "/" || op == "//" || op == "%") && b.number() == 0) fail(at, "division by zero");
  if (op == "/") return a.number() / b.number();
  if (whole) {
    const std::int64_t x = a.integer(), y = b.integer();
    std::int64_t result = 0;
    bool overflow = false;
    if (op == "+") overflow = __builtin_add_overflow(x, y, &result);
    else if (op == "-") overflow = __builtin_sub_overflow(x, y, &result);
    else if (op == "*") overflow = __builtin_mul_overflow(x, y, &result);
    else if (op == "**") return power(at, x, y);
    else if (y == -1) overflow = op == "//" && __builtin_sub_overflow(std::int64_t{0}, x, &result);
    else {
      const std::int64_t quotient = x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
      result = op == "//" ? quotient : x - quotient * y;
    }
    if (overflow) fail(at, "a number beyond 64 bits");
    return result;
  }
  const double x = a.number(), y = b.number();
  if (op == "+") return x + y;
  if (op == "-") return x - y;
  if (op == "*") return x * y;
  if (op == "**") return std::pow(x, y);
  const double rest = std::fmod(x, y), remainder = rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  return op == "//" ? std::floor(x / y) : remainder;
}

}  // namespace laconic::model::jinja
