#include "verifiers/math/polynomial.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verifiers_math/plain_expr.h"
#include "verifiers/math/normalise.h"

namespace laconic::verifiers::math {
namespace {

using test::plain;

struct Fixture {
  Work work{100'000'000};
  Normaliser normaliser{work};
  std::string key(const std::string& text) {
    const auto normal = normaliser.run(*plain(text));
    return normal ? normaliser.ring().key(*normal) : "none";
  }
};

// One normal form: the keys are the same text.
TEST(Polynomial, SameKey) {
  constexpr const char* kPairs[][2] = {
      {"(x+y)^3", "x^3+3*x^2*y+3*x*y^2+y^3"}, {"(x^2-1)/(x-1)", "x+1"}, {"(x^6-y^6)/(x^2-y^2)", "x^4+x^2*y^2+y^4"}, {"1/x+1/y", "(x+y)/(x*y)"},
      {"2/(2*x+4)", "1/(x+2)"}, {"sqrt(12)", "2*sqrt(3)"}, {"1/sqrt(2)", "sqrt(2)/2"}, {"root(4,4)", "sqrt(2)"}, {"i^7", "-i"}, {"sqrt(72)*sqrt(2)", "12"},
      {"sqrt(x+1)^3", "(x+1)*sqrt(x+1)"}, {"sqrt(4*x+4)", "2*sqrt(x+1)"}, {"log(12)", "2*log(2)+log(3)"}, {"e^(2*x+1)", "e*(e^x)^2"}, {"8^x", "2^(3*x)"},
      {"cos(x)^3", "cos(x)-cos(x)*sin(x)^2"}, {"sin(13*pi/4)", "-sqrt(2)/2"}, {"sqrt(9-4*sqrt(5))", "sqrt(5)-2"}, {"(n+2)!", "(n+2)*(n+1)*n!"},
      {"sum(k*x,k,1,4)", "10*x"}, {"abs(-3*x)", "3*abs(x)"}, {"floor(x+5/2)", "floor(x+1/2)+2"}, {"pi^(1/2)*pi^(1/2)", "pi"}, {"x^0", "1"}, {"tan(pi/6)", "sqrt(3)/3"},
  };
  for (const auto& pair : kPairs) {
    Fixture f;
    EXPECT_EQ(f.key(pair[0]), f.key(pair[1])) << pair[0] << " ~ " << pair[1];
    EXPECT_NE(f.key(pair[0]), "none");
  }
}

// What is not an identity must not become one.
TEST(Polynomial, NotTheSame) {
  constexpr const char* kPairs[][2] = {
      {"sqrt(x^2)", "x"}, {"log(x^2)", "2*log(x)"}, {"sqrt(x*y)", "sqrt(x)*sqrt(y)"}, {"sqrt(-x)", "i*sqrt(x)"}, {"(x^3)^(1/3)", "x"}, {"sqrt(3-2*sqrt(2))", "1-sqrt(2)"},
      {"arcsin(sin(x))", "x"}, {"log(e^(i*x))", "i*x"}, {"(x^y)^2+1", "x^(2*y)"}, {"(x+1)/(x+2)", "1/2"}, {"abs(x+y)", "abs(x)+abs(y)"}, {"f(x)", "f(y)"}, {"2^x*3^x+1", "6^x"},
      {"floor(2*x)", "2*floor(x)"}, {"sqrt(2)+sqrt(3)", "sqrt(5)"}, {"(2*n)!", "2*n!"}, {"cos(x)", "sin(x)"}, {"conj(x*i)", "x*i"},
  };
  for (const auto& pair : kPairs) {
    Fixture f;
    const auto a = f.normaliser.run(*plain(pair[0])), b = f.normaliser.run(*plain(pair[1]));
    if (a && b) {
      EXPECT_FALSE(f.normaliser.ring().equal(*a, *b)) << pair[0] << " ~ " << pair[1];
    }
  }
}

TEST(Polynomial, LawsOnRandomQuotients) {
  std::mt19937 random(5);
  const auto expression = [&](auto&& self, int depth) -> std::string {
    static constexpr const char* kLeaves[] = {"x", "y", "2", "3", "1/2", "sqrt(2)", "i", "pi", "sqrt(6)", "e^x"};
    if (depth == 0) return kLeaves[random() % 10];
    static constexpr const char* kOps[] = {"+", "-", "*"};
    return "(" + self(self, depth - 1) + kOps[random() % 3] + self(self, depth - 1) + ")";
  };
  for (int i = 0; i < 300; ++i) {
    Fixture f;
    Ring& ring = f.normaliser.ring();
    const auto a = f.normaliser.run(*plain(expression(expression, 2))), b = f.normaliser.run(*plain(expression(expression, 2))), c = f.normaliser.run(*plain(expression(expression, 1)));
    ASSERT_TRUE(a && b && c);
    const auto ab = ring.multiply(*a, *b), sum = ring.add(*a, *b);
    ASSERT_TRUE(ab && sum);
    EXPECT_TRUE(ring.equal(*ring.multiply(*sum, *c), *ring.add(*ring.multiply(*a, *c), *ring.multiply(*b, *c))));
    if (!b->is_zero()) {
      const auto quotient = ring.divide(*ab, *b);
      ASSERT_TRUE(quotient);
      EXPECT_TRUE(ring.equal(*quotient, *a)) << ring.key(*a) << " · " << ring.key(*b) << " gave " << ring.key(*quotient);
    }
    EXPECT_TRUE(ring.equal(*ring.power(*a, 3), *ring.multiply(*a, *ring.multiply(*a, *a))));
    EXPECT_FALSE(ring.equal(*a, *ring.add(*a, Ring::constant(Rational(1)))));
  }
}

// Nothing here takes more than its work; the work taken repeats exactly.
TEST(Polynomial, BoundedByWork) {
  for (const char* text : {"(x+y+z+w+v)^100", "(1+x)^100000", "x^(10^30)", "sum((x+k)^k,k,1,60)", "prod(x^k+sqrt(k)+y,k,1,60)", "(sqrt(2)+sqrt(3)+sqrt(5)+sqrt(7)+sqrt(11)+sqrt(13)+sqrt(17))^64",
                           "sqrt(x+1)^1000001", "(sin(x)+cos(x))^1001", "2^(10^9)", "sqrt(9^(9^9))", "log((10^9)!)", "(n+10^9)!"}) {
    std::int64_t left[2];
    for (std::int64_t& remaining : left) {
      Work work(2'000'000);
      Normaliser normaliser(work);
      normaliser.run(*plain(text));
      remaining = work.left();
    }
    EXPECT_EQ(left[0], left[1]) << text;
  }
}

}  // namespace
}  // namespace laconic::verifiers::math
