#include "verifiers/math/equality.h"

#include <algorithm>
#include <array>

#include "verifiers/math/algebra_client.h"
#include "verifiers/math/algebra_program.h"
#include "verifiers/math/enclosure.h"
#include "verifiers/math/identity.h"
#include "verifiers/math/normalise.h"
#include "verifiers/math/shape.h"
#include "verifiers/math/rewrite.h"

namespace laconic::verifiers::math {
namespace {

// Counted work. A side is over budget by itself when its enclosure, or its values at the points, need more.
constexpr std::int64_t kEnclosureWork = 15'000'000;  // for one side, over all precisions
constexpr std::int64_t kPointWork = 8'000'000;       // for one side, over all points
constexpr std::int64_t kNormalWork = 6'000'000;      // for a proof by normal forms of constants
constexpr std::int64_t kQuickNormalWork = 2'000'000; // the same with free variables: points come next and are cheap

constexpr std::size_t kFirstPrecision = 128, kMiddlePrecision = 448;
constexpr std::array<std::size_t, 2> kLatePrecisions = {1024, 2560};
constexpr std::int64_t kAccuracyWanted = 200;
constexpr int kQuickPoints = 2;

struct Side {
  const ExprPtr& expression;
  Number value = Number::of(Complex::undefined());
  bool settled = false;  // exact, infinite, or an enclosure of ≥ 200 bits
  Work work{kEnclosureWork};
};

void enclose(Side& side, std::size_t precision) {
  if (side.value.exact || side.work.spent()) return;
  Number fresh = evaluate(*side.expression, {}, {precision, side.work});
  // A wider enclosure of a later round (spent, or unlucky) does not replace a better one.
  const auto quality = [](const Number& n) { return n.exact ? kMaxExponent + 1 : n.value.accuracy(); };
  if (!side.value.defined() || quality(fresh) > quality(side.value) || (fresh.defined() && !fresh.exact && !fresh.value.finite())) side.value = std::move(fresh);
  side.settled = side.value.exact || (side.value.defined() && (!side.value.value.finite() || side.value.value.accuracy() >= kAccuracyWanted));
}

Complex ball_of(const Side& side) {
  Work free(INT64_MAX);
  return side.value.ball({kLatePrecisions.back(), free});
}

bool certainly_apart(const Side& a, const Side& b) {
  if (!a.value.defined() || !b.value.defined()) return false;
  if (a.value.exact && b.value.exact) return !(*a.value.exact == *b.value.exact);
  return disjoint(ball_of(a), ball_of(b));
}

// Within the tolerance: 1 certainly, −1 certainly not, 0 not known.
int within(const Side& gold, const Side& prediction, const Tolerance& tolerance) {
  const Rational absolute = from_double(tolerance.absolute), relative = from_double(tolerance.relative);
  if (gold.value.exact && prediction.value.exact) {
    const auto size = [](const Rational& x) { return x.sign() < 0 ? -x : x; };
    const Rational gap = size(*gold.value.exact - *prediction.value.exact);
    return compare(gap, absolute) <= 0 || compare(gap, relative * size(*gold.value.exact)) <= 0 ? 1 : -1;
  }
  const Complex g = ball_of(gold), p = ball_of(prediction);
  if (!g.finite() || !p.finite()) return gold.value.defined() && prediction.value.defined() && disjoint(g, p) ? -1 : 0;  // near an infinity is nothing
  Work free(INT64_MAX);
  const Arithmetic at{kMiddlePrecision, free};
  const Ball gap = modulus(subtract(g, p, at), at);
  const int a = order(gap, from_rational(absolute, at)), r = order(gap, multiply(from_rational(relative, at), modulus(g, at), at));
  if (a < 0 || r < 0) return 1;
  return a > 0 && r > 0 ? -1 : 0;
}

Comparison verdict(Truth truth, std::string_view rule, std::string detail = {}) { return {truth, rule, std::move(detail)}; }

bool proven_equal(const Expr& a, const Expr& b, std::int64_t budget) {
  Work work(budget);
  Normaliser normaliser(work);
  const auto x = normaliser.run(a);
  if (!x) return false;
  const auto y = normaliser.run(b);
  return y && normaliser.ring().equal(*x, *y);
}

// A value whose enclosure does not settle may still be visibly rational: ⌊√2·√2⌋.
void settle_by_normal_form(Side& side) {
  Work work(kNormalWork);
  Normaliser normaliser(work);
  if (const auto normal = normaliser.run(*side.expression)) {
    if (const auto constant = normal->constant()) {
      side.value = Number::of(*constant);
      side.settled = true;
    }
  }
}

// Both have overlapping enclosures of 200 bits: only a proof is missing.
Comparison ask_algebra(const Expr& gold, const Expr& prediction) {
  const auto undecided = [](const std::string& why) { return verdict(Truth::kUndecided, "enclosure", "equal to 200 bits, not proven: " + why); };
  AlgebraClient& client = AlgebraClient::shared();
  if (!client.available()) return undecided("laconic-algebra is not there");
  Work gold_work(kNormalWork), prediction_work(kNormalWork);
  const AlgebraProgram g = write_algebra_program(gold, gold_work), p = write_algebra_program(prediction, prediction_work);
  using State = AlgebraProgram::State;
  if (g.state == State::kTooLarge) return verdict(Truth::kGoldBad, "algebra", "the gold is too large for exact algebra");
  if (p.state == State::kTooLarge) return verdict(Truth::kPredictionBad, "algebra", "the answer is too large for exact algebra");
  if (g.state != State::kWritten || p.state != State::kWritten) return undecided("not expressible in exact algebra");
  const AlgebraAnswer answer = client.compare(g.bytes, p.bytes);
  switch (answer.kind) {
    case AlgebraAnswer::Kind::kEqual: return verdict(Truth::kEqual, "algebra");
    case AlgebraAnswer::Kind::kDifferent: return verdict(Truth::kDifferent, "algebra");
    case AlgebraAnswer::Kind::kGoldBad: return verdict(Truth::kGoldBad, "algebra", "the gold: " + answer.detail);
    case AlgebraAnswer::Kind::kPredictionBad: return verdict(Truth::kPredictionBad, "algebra", "the answer: " + answer.detail);
    case AlgebraAnswer::Kind::kFault: return verdict(Truth::kFault, "algebra", answer.detail);
    case AlgebraAnswer::Kind::kUnknown:
    case AlgebraAnswer::Kind::kAbsent: break;
  }
  return undecided(answer.detail);
}

Comparison compare_constants(const ExprPtr& gold, const ExprPtr& prediction, const Tolerance& tolerance) {
  const bool tolerant = tolerance.absolute > 0 || tolerance.relative > 0;
  Side g{gold}, p{prediction};
  const auto decided = [&]() -> std::optional<Comparison> {
    if (tolerant) {
      if (const int close = within(g, p, tolerance); close != 0) return verdict(close > 0 ? Truth::kEqual : Truth::kDifferent, "tolerance");
    }
    if (g.value.exact && p.value.exact) return verdict(*g.value.exact == *p.value.exact ? Truth::kEqual : Truth::kDifferent, "rational");
    if (!tolerant && certainly_apart(g, p)) return verdict(Truth::kDifferent, "enclosure");
    return std::nullopt;
  };
  for (const std::size_t precision : {kFirstPrecision, kMiddlePrecision}) {
    enclose(g, precision);
    enclose(p, precision);
    if (auto out = decided()) return *out;
  }
  for (Side* side : {&g, &p}) {
    if (!side->settled) settle_by_normal_form(*side);
  }
  if (g.value.exact || p.value.exact) {
    if (auto out = decided()) return *out;
  }
  if (g.settled && p.settled) {
    const Complex x = ball_of(g), y = ball_of(p);
    if (!x.finite() && !y.finite()) return verdict(Truth::kEqual, "enclosure", "both infinite");  // of one sign: others were told apart
    if (same_tree(*gold, *prediction)) return verdict(Truth::kEqual, "structure");
    if (proven_equal(*gold, *prediction, kNormalWork)) return verdict(Truth::kEqual, "polynomial");
  }
  for (const std::size_t precision : kLatePrecisions) {
    if (g.settled && p.settled) break;
    if (!g.settled) enclose(g, precision);
    if (!p.settled) enclose(p, precision);
    if (auto out = decided()) return *out;
  }
  if (!g.settled) return verdict(Truth::kGoldBad, "enclosure", "the gold has no enclosure of 200 bits within the budget");
  if (!p.settled) return verdict(Truth::kPredictionBad, "enclosure", "the answer has no enclosure of 200 bits within the budget");
  if (same_tree(*gold, *prediction)) return verdict(Truth::kEqual, "structure");
  if (proven_equal(*gold, *prediction, kNormalWork)) return verdict(Truth::kEqual, "polynomial");
  return ask_algebra(*gold, *prediction);
}

Comparison compare_functions(const ExprPtr& gold, const ExprPtr& prediction, const Shape& gold_shape, const Shape& prediction_shape) {
  std::set<std::string> names = gold_shape.free, integers = gold_shape.integers;
  names.insert(prediction_shape.free.begin(), prediction_shape.free.end());
  integers.insert(prediction_shape.integers.begin(), prediction_shape.integers.end());
  int agreed = 0, one_real = 0;
  bool gold_defined = false, prediction_defined = false;
  int index = 0;
  Work gold_work(kPointWork), prediction_work(kPointWork);
  const auto spent = [&] { return gold_work.spent() || prediction_work.spent(); };
  const auto try_point = [&] {
    const PointResult result = agree_at(point(index++, names, integers), *gold, *prediction, gold_work, prediction_work);
    gold_defined |= result.a_defined;
    prediction_defined |= result.b_defined;
    agreed += result.agreement == Agreement::kAgree;
    one_real += result.agreement == Agreement::kOneReal;
    return result.agreement != Agreement::kDisagree;
  };
  const auto differs = [&] { return verdict(Truth::kDifferent, "numeric-identity", "different at point " + std::to_string(index)); };
  for (int i = 0; i < kQuickPoints; ++i) {
    if (!try_point()) return differs();
  }
  const bool same = same_tree(*gold, *prediction);
  const bool proven = same || proven_equal(*gold, *prediction, kQuickNormalWork);
  while (index < kCandidatePoints && !spent() && agreed < (proven ? 1 : kAgreementsWanted)) {
    if (!try_point()) return differs();
  }
  if (proven && ((gold_defined && prediction_defined) || gold_shape.has_call || same)) return verdict(Truth::kEqual, same ? "structure" : "polynomial");
  if (agreed >= kAgreementsWanted) return verdict(Truth::kEqual, "numeric-identity", std::to_string(agreed) + " points");
  if (gold_work.spent()) return verdict(Truth::kGoldBad, "numeric-identity", "the gold's values are over the budget");
  if (prediction_work.spent()) return verdict(Truth::kPredictionBad, "numeric-identity", "the answer's values are over the budget");
  if (!gold_defined) return verdict(Truth::kGoldBad, "numeric-identity", "the gold is defined at no point");
  if (!prediction_defined) return verdict(Truth::kPredictionBad, "numeric-identity", "the answer is defined at no point");
  if (agreed == 0 && one_real > 0) return verdict(Truth::kDifferent, "numeric-identity", "one side is real and the other is not");
  return verdict(Truth::kUndecided, "numeric-identity", "both sides are defined at " + std::to_string(agreed) + " points only");
}

}  // namespace

Comparison compare(const ExprPtr& gold, const ExprPtr& prediction, const Tolerance& tolerance) {
  Shape gold_shape = shape_of(gold), prediction_shape = shape_of(prediction);
  if (!gold_shape.usable) return verdict(Truth::kGoldBad, "size", gold_shape.problem);
  if (!prediction_shape.usable) return verdict(Truth::kPredictionBad, "size", prediction_shape.problem);
  ExprPtr g = gold, p = prediction;
  if (needs_rewriting(*gold) || needs_rewriting(*prediction)) {
    Work work(kNormalWork);
    Normaliser normaliser(work);
    g = rewrite(gold, normaliser);
    p = rewrite(prediction, normaliser);
    gold_shape = shape_of(g);
    prediction_shape = shape_of(p);
    if (!gold_shape.usable) return verdict(Truth::kGoldBad, "size", gold_shape.problem);
    if (!prediction_shape.usable) return verdict(Truth::kPredictionBad, "size", prediction_shape.problem);
  }
  const bool constant = gold_shape.free.empty() && prediction_shape.free.empty() && !gold_shape.has_call && !prediction_shape.has_call;
  return constant ? compare_constants(g, p, tolerance) : compare_functions(g, p, gold_shape, prediction_shape);
}

bool is_finite_value(const ExprPtr& value) {
  const Shape shape = shape_of(value);
  if (!shape.usable) return false;
  if (shape.has_call) return true;
  if (shape.free.empty()) {
    Side side{value};
    enclose(side, kMiddlePrecision);
    if (!side.settled) settle_by_normal_form(side);
    for (const std::size_t precision : kLatePrecisions) {
      if (!side.settled) enclose(side, precision);
    }
    return side.settled;
  }
  Work work(kPointWork);
  for (int i = 0; i < kCandidatePoints && !work.spent(); ++i) {
    const Number at_point = evaluate(*value, point(i, shape.free, shape.integers), {kMiddlePrecision, work});
    if (at_point.defined()) return true;
  }
  return false;
}

int order(const ExprPtr& a, const ExprPtr& b) {
  constexpr int kUnknown = 2;
  const Shape x = shape_of(a), y = shape_of(b);
  if (!x.usable || !y.usable || x.has_call || y.has_call || !x.free.empty() || !y.free.empty()) return kUnknown;
  Side p{a}, q{b};
  for (const std::size_t precision : {kFirstPrecision, kMiddlePrecision}) {
    enclose(p, precision);
    enclose(q, precision);
    if (!p.value.defined() || !q.value.defined()) continue;
    if (p.value.exact && q.value.exact) return std::clamp(compare(*p.value.exact, *q.value.exact), -1, 1);
    const Complex u = ball_of(p), v = ball_of(q);
    if (!u.is_real() || !v.is_real()) return kUnknown;
    if (const int side = order(u.re, v.re); side != 0) return side;
  }
  return proven_equal(*a, *b, kNormalWork) ? 0 : kUnknown;
}

}  // namespace laconic::verifiers::math
