#include "verifiers/math/rational.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verifiers_math/plain_expr.h"

namespace laconic::verifiers::math {
namespace {

BigInteger random_integer(std::mt19937_64& random, int limbs) {
  BigInteger out;
  for (int i = 0; i < limbs; ++i) {
    std::uint64_t limb = random();
    if (random() % 4 == 0) limb = ~std::uint64_t(0);  // carries and long runs
    if (random() % 4 == 0) limb = 0;
    out = (out << 64) + BigInteger::from_unsigned(limb);
  }
  return random() % 2 ? out : -out;
}

TEST(BigInteger, SmallAgainstWide) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto a = static_cast<std::int64_t>(random()) >> (random() % 63), b = static_cast<std::int64_t>(random()) >> (random() % 63);
    const __int128 product = static_cast<__int128>(a) * b;
    const BigInteger x(a), y(b), z = x * y;
    const BigInteger expected = (BigInteger(static_cast<std::int64_t>(product >> 64)) << 64) + BigInteger::from_unsigned(static_cast<std::uint64_t>(product));
    EXPECT_EQ(compare(z, expected), 0) << a << " " << b;
    EXPECT_EQ(compare(x, y), a < b ? -1 : a > b ? 1 : 0);
    if (b != 0 && !(a == INT64_MIN && b == -1)) {
      const auto [quotient, remainder] = divide(x, y);
      EXPECT_EQ(compare(quotient, BigInteger(a / b)), 0);
      EXPECT_EQ(compare(remainder, BigInteger(a % b)), 0);
    }
  }
}

TEST(BigInteger, LawsOfLongOnes) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 4000; ++i) {
    const BigInteger a = random_integer(random, static_cast<int>(random() % 12)), b = random_integer(random, static_cast<int>(random() % 8)), g = random_integer(random, 1 + static_cast<int>(random() % 3));
    EXPECT_TRUE((a + b) - b == a);
    EXPECT_TRUE((a + b) * g == a * g + b * g);
    EXPECT_TRUE(BigInteger::from_digits(a.magnitude().digits()) == a.magnitude());
    const std::size_t shift = random() % 200;
    EXPECT_TRUE(((a << shift) >> shift) == a);
    EXPECT_TRUE((a << shift) == a * power(BigInteger(2), shift));
    if (b.is_zero() || g.is_zero()) continue;
    const auto [quotient, remainder] = divide(a, b);
    EXPECT_TRUE(quotient * b + remainder == a);
    EXPECT_LT(compare_magnitude(remainder, b), 0);
    EXPECT_TRUE(remainder.is_zero() || remainder.sign() == a.sign());
    const BigInteger common = gcd(a * g, b * g);
    EXPECT_TRUE(divide(a * g, common).second.is_zero());
    EXPECT_TRUE(divide(b * g, common).second.is_zero());
    EXPECT_TRUE(divide(common, g).second.is_zero());
    EXPECT_TRUE(gcd(divide(a * g, common).first, divide(b * g, common).first).is_one());
    const auto index = static_cast<std::uint32_t>(2 + random() % 5);
    const BigInteger root = floor_root(a.magnitude(), index);
    EXPECT_LE(compare(power(root, index), a.magnitude()), 0);
    EXPECT_GT(compare(power(root + 1, index), a.magnitude()), 0);
  }
}

TEST(Rational, Arithmetic) {
  std::mt19937_64 random(3);
  const auto small = [&] { return Rational(BigInteger(static_cast<std::int64_t>(random() % 2001) - 1000), BigInteger(1 + static_cast<std::int64_t>(random() % 60))); };
  for (int i = 0; i < 3000; ++i) {
    const Rational a = small(), b = small(), c = small();
    EXPECT_TRUE((a + b) * c == a * c + b * c);
    EXPECT_TRUE(a - a == Rational(0));
    if (!b.is_zero()) {
      EXPECT_TRUE(a / b * b == a);
    }
    EXPECT_TRUE(gcd(a.numerator(), a.denominator()).is_one());
    EXPECT_GT(a.denominator().sign(), 0);
    EXPECT_EQ(compare(a, b), (a - b).sign());
    const Rational whole(floor(a));
    EXPECT_LE(compare(whole, a), 0);
    EXPECT_GT(compare(whole + Rational(1), a), 0);
    EXPECT_TRUE(ceiling(a) == -floor(-a));
  }
}

TEST(Rational, Numbers) {
  struct Row {
    const char *text, *value;
  };
  constexpr Row kRows[] = {{"0", "0"}, {"007", "7"}, {"0.25", "1/4"}, {"1.50", "3/2"}, {"0.r3", "1/3"}, {"0.1r6", "1/6"}, {"0.r9", "1"}, {"12.3r45", "679/55"}, {"0.r142857", "1/7"}, {"3.", "3"}};
  for (const Row& row : kRows) EXPECT_EQ(number_value(*test::plain(row.text))->text(), row.value) << row.text;
  EXPECT_FALSE(number_value(*test::plain(std::string(20000, '9'))));
  struct Double {
    double value;
    const char* text;
  };
  constexpr Double kDoubles[] = {{0.1, "1/10"}, {-12.5, "-25/2"}, {0, "0"}, {1e-6, "1/1000000"}, {1e22, "10000000000000000000000"}, {0.3, "3/10"}};
  for (const Double& row : kDoubles) EXPECT_EQ(from_double(row.value).text(), row.text);
}

TEST(Rational, PowersAndRootsAreBounded) {
  EXPECT_EQ(power(Rational(BigInteger(2), BigInteger(3)), -3)->text(), "27/8");
  EXPECT_EQ(power(Rational(-2), 3)->text(), "-8");
  EXPECT_EQ(power(Rational(-1), INT64_MAX)->text(), "-1");
  EXPECT_EQ(power(Rational(1), INT64_MIN)->text(), "1");
  EXPECT_EQ(power(Rational(0), 0)->text(), "1");
  EXPECT_FALSE(power(Rational(0), -1));
  EXPECT_FALSE(power(Rational(9), 387420489));
  EXPECT_FALSE(power(Rational(10), -1000000000));
  EXPECT_FALSE(power(Rational(2), INT64_MAX));
  EXPECT_EQ(exact_root(Rational(BigInteger(27), BigInteger(8)), 3)->text(), "3/2");
  EXPECT_EQ(exact_root(Rational(-8), 3)->text(), "-2");
  EXPECT_FALSE(exact_root(Rational(-4), 2));
  EXPECT_FALSE(exact_root(Rational(2), 2));
  EXPECT_FALSE(exact_root(Rational(2), 0));
  EXPECT_FALSE(exact_root(Rational(3), 4'000'000'000u));
}

}  // namespace
}  // namespace laconic::verifiers::math
