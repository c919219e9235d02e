#include "verifiers/builtin/expression.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace laconic::verifiers::builtin {
namespace {

constexpr int kDeepest = 100;
constexpr std::size_t kLongest = 4096;        // bytes
constexpr std::int64_t kLargest = 1'000'000'000'000'000;

using Wide = __int128;

Wide gcd(Wide a, Wide b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

struct Wrong {
  std::string what;
};

Wide times(Wide a, Wide b) {
  Wide out;
  if (__builtin_mul_overflow(a, b, &out)) throw Wrong{"a value is too large"};
  return out;
}

Wide plus(Wide a, Wide b) {
  Wide out;
  if (__builtin_add_overflow(a, b, &out)) throw Wrong{"a value is too large"};
  return out;
}

Rational reduced(Wide num, Wide den) {
  if (den == 0) throw Wrong{"a division by zero"};
  const Wide g = gcd(num, den);
  if (den < 0) num = times(num, -1), den = times(den, -1);
  return {num / g, den / g};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Expression all() {
    const Rational value = sum();
    skip();
    if (!rest_.empty()) throw Wrong{"`" + std::string(rest_.substr(0, 12)) + "` is not understood"};
    return {value, std::move(numbers_)};
  }

 private:
  void skip() {
    static constexpr std::array<std::string_view, 14> kNothing = {" ", "\n", "\t", "\r", "$", "\\(", "\\)", "\\left", "\\right", "\\,", "\\;", "\\!", "\\ ", "~"};
    for (bool again = true; again;) {
      again = false;
      for (const std::string_view nothing : kNothing)
        if (rest_.starts_with(nothing)) rest_.remove_prefix(nothing.size()), again = true;
    }
  }

  bool take(std::string_view word) {
    skip();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  template <class... Words>
  bool take_any(Words... words) { return (take(words) || ...); }

  void expect(std::string_view word) {
    if (!take(word)) throw Wrong{rest_.empty() ? "`" + std::string(word) + "` is missing at the end" : "`" + std::string(rest_.substr(0, 12)) + "` stands where `" + std::string(word) + "` should"};
  }

  Rational sum() {
    if (++depth_ > kDeepest) throw Wrong{"it is nested too deeply"};
    Rational value = product();
    for (;;) {
      const bool add = take("+");
      if (!add && !take_any("-", "−", "–")) break;
      const Rational next = product();
      const Wide right = times(next.num, value.den);
      value = reduced(plus(times(value.num, next.den), add ? right : times(right, -1)), times(value.den, next.den));
    }
    --depth_;
    return value;
  }

  Rational product() {
    Rational value = factor();
    for (;;) {
      const bool multiply = take_any("*", "×", "·", "⋅", "\\times", "\\cdot");
      if (!multiply && !take_any("/", "÷", "\\div")) return value;
      const Rational next = factor();
      value = multiply ? reduced(times(value.num, next.num), times(value.den, next.den)) : reduced(times(value.num, next.den), times(value.den, next.num));
    }
  }

  Rational factor() {
    if (++depth_ > kDeepest) throw Wrong{"it is nested too deeply"};
    Rational value;
    if (take_any("-", "−", "–")) {
      value = factor();
      value.num = times(value.num, -1);
    } else if (take("(")) {
      value = sum();
      expect(")");
    } else if (take_any("\\frac", "\\dfrac", "\\tfrac")) {
      expect("{");
      const Rational above = sum();
      expect("}");
      expect("{");
      const Rational below = sum();
      expect("}");
      value = reduced(times(above.num, below.den), times(above.den, below.num));
    } else {
      value = {number(), 1};
    }
    --depth_;
    return value;
  }

  std::int64_t number() {
    skip();
    if (rest_.empty()) throw Wrong{"a number is missing at the end"};
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      value = value * 10 + (rest_[digits] - '0');
      if (value > kLargest) throw Wrong{"a number is too large"};
    }
    if (digits == 0) throw Wrong{"`" + std::string(rest_.substr(0, 12)) + "` is not understood"};
    rest_.remove_prefix(digits);
    numbers_.push_back(value);
    return value;
  }

  std::string_view rest_;
  std::vector<std::int64_t> numbers_;
  int depth_ = 0;
};

}  // namespace

tl::expected<Expression, std::string> evaluate(std::string_view text) {
  if (text.size() > kLongest) return tl::unexpected(fmt::format("it is longer than {} bytes", kLongest));
  try {
    return Reader(text).all();
  } catch (const Wrong& wrong) {
    return tl::unexpected(wrong.what);
  }
}

std::string to_text(const Rational& value) {
  const auto digits = [](Wide number) {
    const bool negative = number < 0;
    std::string out;
    do {
      const int digit = static_cast<int>(number % 10);
      out += static_cast<char>('0' + (digit < 0 ? -digit : digit));
      number /= 10;
    } while (number != 0);
    if (negative) out += '-';
    std::reverse(out.begin(), out.end());
    return out;
  };
  return digits(value.num) + (value.den == 1 ? "" : "/" + digits(value.den));
}

}  // namespace laconic::verifiers::builtin
