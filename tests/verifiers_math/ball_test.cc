#include "verifiers/math/ball.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verifiers_math/plain_expr.h"
#include "verifiers/math/enclosure.h"

namespace laconic::verifiers::math {
namespace {

using test::plain;

// 100 digits each, computed by mpmath.
constexpr const char* kValues[][2] = {
    {"pi", "3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117068"},
    {"e", "2.718281828459045235360287471352662497757247093699959574966967627724076630353547594571382178525166427"},
    {"log(2)", "0.6931471805599453094172321214581765680755001343602552541206800094933936219696947156058633269964186875"},
    {"sqrt(2)", "1.414213562373095048801688724209698078569671875376948073176679737990732478462107038850387534327641573"},
    {"sin(1)", "0.8414709848078965066525023216302989996225630607983710656727517099919104043912396689486397435430526959"},
    {"cos(100)", "0.8623188722876839341019385139508425355100840085355108292801621126927210880509266241030951056842772851"},
    {"tan(3/2)", "14.10141994717171938764608365198775644565954357723586186612326758608969627041415526864870292630944229"},
    {"arctan(1/2)", "0.4636476090008061162142562314612144020285370542861202638109330887201978641657417053006002839848878926"},
    {"arctan(1000)", "1.569796327128229752564797882004830898086963765133284897396041247966262730802434937022743937769650132"},
    {"e^(-50)", "0.0000000000000000000001928749847963917783017342816527012574752832651230262910897809103820511624979646591652373378777735137"},
    {"log(1.000001)", "0.0000009999995000003333330833335333331666668095236845239206348206350115439282107551336837052503717878719092"},
    {"log(10^50)", "115.1292546497022842008995727342182103800550744314386488016663950483786304838676240117998602544799149"},
    {"arcsin(1/3)", "0.3398369094541219370963925133917640663882446903324580714319239624899158886648484114607657925001976129"},
    {"arccos(-1/3)", "1.910633236249018556327714205031515508486829390020010981919396258643824091807952910774783205171256147"},
    {"sinh(2)", "3.626860407847018767668213982801261704886342012321135721309484474934250210988785036723607181294232373"},
    {"artanh(1/3)", "0.3465735902799726547086160607290882840377500671801276270603400047466968109848473578029316634982093438"},
    {"2^(1/7)", "1.104089513673812337649505387623344721325326600780124165514532464142106322880380980716598289886302005"},
    {"pi^e", "22.45915771836104547342715220454373502758931513399669224920300255406692604039911791231851975272714303"},
    {"sin(10^20)", "-0.6452512852657808442058117113125230074069041966868971183031170068878986162188568608555379550092177132"},
    {"log(3,7)", "0.564575034053579613804550167174908536143227911186792595045409262307752314200409499010281544584361261"},
    {"re(e^(1+i))", "1.468693939915885157138967597326604261326956736629008722797675676310936965859512138722724497545901937"},
    {"im(log(-1-i))", "-2.356194490192344928846982537459627163147877049531329365731208444230862304714656748971026119006587801"},
    {"im(sqrt(-3+4*i))", "2.0"},
    {"abs(arcsin(2))", "2.049824188203704411813532904812024548819369994160976327422936730242339047005449865549456654032586651"},
    {"arcosh(3)", "1.762747174039086050465218649959584618056320656523270821506591217306754368444052175667413783820512086"},
    {"re((1+i)^(1+i))", "0.2739572538301210711303421174175029183079414156973176954429044579093236643342812202497275773014237957"},
    {"re(cos(1+2*i))", "2.032723007019665529436343448499514263731990406638752381945224634914999853571026054239361672230563104"},
};

Rational decimal(std::string text) {
  const bool negative = text[0] == '-';
  const Rational value = *number_value(*plain(negative ? text.substr(1) : text));
  return negative ? -value : value;
}

TEST(Ball, KnownDigits) {
  for (const std::size_t precision : {64u, 128u, 288u, 448u, 1024u, 2560u}) {
    for (const auto& row : kValues) {
      Work work(1'000'000'000);
      const Arithmetic at{precision, work};
      const Number value = evaluate(*plain(row[0]), {}, at);
      ASSERT_TRUE(value.defined()) << row[0];
      const Complex ball = value.ball(at);
      EXPECT_TRUE(ball.is_real()) << row[0];
      // Within a last digit of the decimal, and no narrower than the truth.
      Work free(INT64_MAX);
      const Ball gap = subtract(ball.re, from_rational(decimal(row[1]), {4096, free}), {512, free});
      EXPECT_LT(gap.middle.mantissa.is_zero() ? -400 : gap.middle.top(), std::max<std::int64_t>(-300, 12 - static_cast<std::int64_t>(precision) * 3 / 4)) << row[0] << " at " << precision;
      if (precision < 300) {
        EXPECT_TRUE(gap.contains_zero()) << row[0] << " at " << precision;
      }
      EXPECT_GE(ball.accuracy(), static_cast<std::int64_t>(precision) - 110) << row[0] << " at " << precision;
    }
  }
}

// The true value is inside at every precision: a narrow ball lies within the wide one of the same expression.
TEST(Ball, NarrowInsideWide) {
  std::mt19937 random(11);
  static constexpr const char* kUnary[] = {"exp", "log", "sin", "cos", "tan", "sqrt", "arctan", "arcsin", "abs", "sinh", "cbrt", "conj"};
  static constexpr const char* kLeaves[] = {"pi", "e", "3", "1/7", "0.001", "100", "sqrt(2)", "1+i", "2-3*i", "10^9"};
  const auto expression = [&](auto&& self, int depth) -> std::string {
    if (depth == 0) return kLeaves[random() % 10];
    switch (random() % 6) {
      case 0: return "(" + self(self, depth - 1) + "+" + self(self, depth - 1) + ")";
      case 1: return "(" + self(self, depth - 1) + "-" + self(self, depth - 1) + ")";
      case 2: return "(" + self(self, depth - 1) + "*" + self(self, depth - 1) + ")";
      case 3: return "(" + self(self, depth - 1) + "/" + self(self, depth - 1) + ")";
      default: return std::string(kUnary[random() % 12]) + "(" + self(self, depth - 1) + ")";
    }
  };
  int compared = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::string text = expression(expression, 3);
    const ExprPtr tree = plain(text);
    Number values[3];
    constexpr std::size_t kPrecisions[] = {96, 320, 1200};
    for (int k = 0; k < 3; ++k) {
      Work work(100'000'000);
      values[k] = evaluate(*tree, {}, {kPrecisions[k], work});
    }
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < a; ++b) {
        if (!values[a].defined() || !values[b].defined()) continue;
        Work free(INT64_MAX);
        EXPECT_FALSE(disjoint(values[a].ball({1200, free}), values[b].ball({1200, free}))) << text << " " << kPrecisions[a] << " " << kPrecisions[b];
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 3000);
}

TEST(Ball, IdentitiesStayTogether) {
  std::mt19937_64 random(12);
  for (int i = 0; i < 300; ++i) {
    Work work(INT64_MAX);
    const Arithmetic at{64 + random() % 500, work};
    Ball x;
    x.middle = {BigInteger(static_cast<std::int64_t>(random() >> (random() % 50))), -static_cast<std::int64_t>(random() % 80)};
    if (x.middle.mantissa.is_zero()) continue;
    if (random() % 2) x.radius = Bound::two_to(x.middle.top() - 20 - static_cast<std::int64_t>(random() % 200));
    Ball s, c;
    sine_cosine(x, s, c, at);
    EXPECT_FALSE(disjoint(add(multiply(s, s, at), multiply(c, c, at), at), Ball::exact(1)));
    if (x.sign() > 0 && x.middle.top() < 40) {
      EXPECT_FALSE(disjoint(exponential(logarithm(x, at), at), x));
      EXPECT_FALSE(disjoint(multiply(square_root(x, at), square_root(x, at), at), x));
      EXPECT_FALSE(disjoint(multiply(divide(Ball::exact(1), x, at), x, at), Ball::exact(1)));
    }
    const Ball angle_of = arc_tangent(x, at);
    sine_cosine(angle_of, s, c, at);
    EXPECT_FALSE(disjoint(multiply(x, c, at), s));
  }
}

TEST(Ball, EdgesAreTyped) {
  struct Row {
    const char* text;
    bool defined;
  };
  constexpr Row kRows[] = {
      {"1/0", false}, {"0/0", false}, {"log(0)", false}, {"tan(pi/2)", false}, {"1/(sqrt(2)^2-2)", false}, {"9^(9^(9^9))", false}, {"(10^9)!", false}, {"(1/2)!", false},
      {"inf-inf", false}, {"0*inf", false}, {"inf/inf", false}, {"x", false}, {"f(1)", false}, {"sum(k,k,1,inf)", false}, {"e^(e^(e^(e^9)))", false}, {"binomial(10^9,5*10^8)", false},
      {"9^(9^9)", true}, {"10^(-10^9)", true}, {"inf", true}, {"inf+1", true}, {"-inf*pi", true}, {"1/inf", true}, {"e^(-inf)", true}, {"0^0", true}, {"sin(10^(10^6))", true}, {"e^(-e^(e^9))", true},
  };
  for (const Row& row : kRows) {
    Work work(15'000'000);
    EXPECT_EQ(evaluate(*plain(row.text), {}, {448, work}).defined(), row.defined) << row.text;
  }
}

// Hostile values cost no more than their work, and the same work every time.
TEST(Ball, BoundedByWork) {
  for (const char* text : {"9^(9^9)", "9^38742048", "sum(e^(2*pi*i*k/127),k,1,126)", "sin(10^(10^6))", "10^(-10^9)", "9^(9^(9^(9^9)))", "sum(sum(sum(sqrt(k*j*l),k,1,1000),j,1,1000),l,1,1000)", "(10^9)!",
                           "(10^6)!", "binomial(10^9,5*10^8)", "sum(1/k,k,1,10^9)", "prod(k^k,k,1,10^6)", "sum(k!,k,1,10^5)", "floor(10^1000*pi)", "gcd(2^30000,3^15000)", "mod(7^(7^7),10)", "root(2,10^9)",
                           "2^(1/1000003)", "(1/3)^4000", "log(log(log(9^(9^9))))", "exp(exp(exp(exp(exp(1)))))", "sum(1/k!,k,1,2000)", "max(sum(sin(k),k,1,10^5),1)"}) {
    std::int64_t left[2];
    for (std::int64_t& remaining : left) {
      Work work(15'000'000);
      evaluate(*plain(text), {}, {448, work});
      remaining = work.left();
    }
    EXPECT_EQ(left[0], left[1]) << text;
  }
}

}  // namespace
}  // namespace laconic::verifiers::math
