#include "verifiers/math/algebra_program.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "verifiers/math/algebra/program.h"
#include "verifiers/math/algebra/protocol.h"
#include "verifiers/math/enclosure.h"

namespace laconic::verifiers::math {
namespace {

constexpr std::size_t kPrecision = 192;      // for signs and floors
constexpr std::int64_t kMaxUnrolled = 100;   // terms of a sum
constexpr std::size_t kMaxProgram = ALGEBRA_MAX_REQUEST / 2 - 16;

// Operations the helper knows, and those written as a template over its argument: '.' stands for the
// argument's program, a digit for that number, any other byte for itself.
struct TemplateRow {
  Op op;
  const char* body;
};
constexpr TemplateRow kTemplates[] = {
    {Op::kNegate, ".-"},  {Op::kExp, ".x"},       {Op::kSin, ".s"},        {Op::kCos, ".c"},         {Op::kTan, ".t"},
    {Op::kAbs, ".a"},     {Op::kRe, ".R"},        {Op::kIm, ".I"},         {Op::kConjugate, ".j"},   {Op::kArcsin, ".S"},
    {Op::kArccos, ".C"},  {Op::kArctan, ".T"},    {Op::kCot, ".c.s/"},     {Op::kSec, "1.c/"},       {Op::kCsc, "1.s/"},
    {Op::kSinh, ".x.-x-+2/"}, {Op::kCosh, ".x.-x+2/"}, {Op::kTanh, ".x.-x-+.x.-x+/"},
    {Op::kArsinh, "...*1+r+l"}, {Op::kArcosh, "..1-+r.1+r*+l"}, {Op::kArtanh, "1.+1.-+/l2/"},
};

class Writer {
 public:
  explicit Writer(Work& work) : work_(work) {}

  bool write(const Expr& e, std::string& out);
  bool too_large() const { return too_large_ || work_.spent(); }

 private:
  bool refuse_size() {
    too_large_ = true;
    return false;
  }
  bool number(const Rational& value, std::string& out) {
    const std::string text = value.text();
    if (text.size() > ALGEBRA_MAX_DIGITS) return refuse_size();
    const auto length = static_cast<std::uint32_t>(text.size());
    char prefix[sizeof length];
    std::memcpy(prefix, &length, sizeof length);
    out += static_cast<char>(ALGEBRA_NUMBER);
    out.append(prefix, sizeof prefix);
    out += text;
    return true;
  }
  bool fold(const Expr& e, enum algebra_operation operation, std::string& out) {
    for (std::size_t i = 0; i < e.args.size(); ++i) {
      if (!write(*e.args[i], out)) return false;
      if (i > 0) out += static_cast<char>(operation);
    }
    return true;
  }
  bool power(const Expr& base, const Number& exponent, const Expr* written_exponent, std::string& out);
  bool range(const Expr& e, std::string& out);
  bool extreme(const Expr& e, std::string& out);
  Number value_of(const Expr& e) { return evaluate(e, bindings_, {kPrecision, work_}); }

  Work& work_;
  std::vector<Binding> bindings_;
  bool too_large_ = false;
};

bool Writer::power(const Expr& base, const Number& exponent, const Expr* written_exponent, std::string& out) {
  if (!exponent.exact) {
    if (!written_exponent || !write(base, out) || !write(*written_exponent, out)) return false;
    out += static_cast<char>(ALGEBRA_POWER);
    return true;
  }
  const Rational& r = *exponent.exact;
  const bool odd_root = !r.is_integer() && r.denominator().is_odd();
  bool negative = false;
  if (odd_root) {
    const Number x = value_of(base);
    if (!x.defined()) return false;
    const Complex z = x.ball({kPrecision, work_});
    if (z.is_real() && z.re.sign() == 0) return false;
    negative = z.is_real() && z.re.sign() < 0;
  }
  if (!write(base, out)) return false;
  if (negative) out += static_cast<char>(ALGEBRA_NEGATE);
  if (r == Rational(BigInteger(1), BigInteger(2))) {
    out += static_cast<char>(ALGEBRA_SQRT);
  } else {
    if (!number(r, out)) return false;
    out += static_cast<char>(ALGEBRA_POWER);
  }
  if (negative && r.numerator().is_odd()) out += static_cast<char>(ALGEBRA_NEGATE);
  return true;
}

bool Writer::range(const Expr& e, std::string& out) {
  const Number low = value_of(*e.args[2]), high = value_of(*e.args[3]);
  if (!low.exact || !high.exact || !low.exact->is_integer() || !high.exact->is_integer()) return false;
  if (compare(*high.exact - *low.exact, Rational(kMaxUnrolled)) >= 0) return refuse_size();
  if (!number(Rational(e.op == Op::kSum ? 0 : 1), out)) return false;
  for (Rational i = *low.exact; compare(i, *high.exact) <= 0; i = i + Rational(1)) {
    bindings_.push_back({e.args[1]->text, Number::of(i)});
    const bool fine = write(*e.args[0], out);
    bindings_.pop_back();
    if (!fine) return false;
    out += static_cast<char>(e.op == Op::kSum ? ALGEBRA_ADD : ALGEBRA_MULTIPLY);
  }
  return true;
}

// The argument that is certainly not beaten by any other.
bool Writer::extreme(const Expr& e, std::string& out) {
  std::vector<Ball> values;
  for (const ExprPtr& arg : e.args) {
    const Number x = value_of(*arg);
    if (!x.defined()) return false;
    const Complex z = x.ball({kPrecision, work_});
    if (!z.is_real()) return false;
    values.push_back(z.re);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    bool best = true;
    for (std::size_t j = 0; j < values.size(); ++j) best = best && (i == j || order(values[i], values[j]) == (e.op == Op::kMax ? 1 : -1));
    if (best) return write(*e.args[i], out);
  }
  return false;
}

// Nothing in it but arithmetic and counting functions, so that evaluating it may well give a rational.
bool looks_rational(const Expr& e) {
  switch (e.op) {
    case Op::kNumber: case Op::kSymbol: case Op::kAdd: case Op::kMul: case Op::kNegate: case Op::kDivide: case Op::kPower: case Op::kFactorial:
    case Op::kBinomial: case Op::kAbs: case Op::kGcd: case Op::kLcm: case Op::kMin: case Op::kMax: case Op::kMod: case Op::kSum: case Op::kProduct:
      return std::all_of(e.args.begin(), e.args.end(), [](const ExprPtr& arg) { return looks_rational(*arg); });
    case Op::kFloor: case Op::kCeiling: return true;  // whatever they are applied to
    default: return false;
  }
}

bool Writer::write(const Expr& e, std::string& out) {
  if (!work_.spend(100) || out.size() > kMaxProgram) return refuse_size();
  switch (e.op) {
    case Op::kPi: out += static_cast<char>(ALGEBRA_PI); return true;
    case Op::kE: out += static_cast<char>(ALGEBRA_E); return true;
    case Op::kI: out += static_cast<char>(ALGEBRA_I); return true;
    default: break;
  }
  if (looks_rational(e)) {
    const Number value = value_of(e);
    if (value.exact) return number(*value.exact, out);
  }
  switch (e.op) {
    case Op::kAdd: return fold(e, ALGEBRA_ADD, out);
    case Op::kMul: return fold(e, ALGEBRA_MULTIPLY, out);
    case Op::kDivide: return fold(e, ALGEBRA_DIVIDE, out);
    case Op::kPower: return power(*e.args[0], looks_rational(*e.args[1]) ? value_of(*e.args[1]) : Number::of(Complex::undefined()), e.args[1].get(), out);
    case Op::kRoot: {
      const Number index = value_of(*e.args[1]);
      if (!index.exact || index.exact->is_zero()) return false;
      return power(*e.args[0], Number::of(Rational(1) / *index.exact), nullptr, out);
    }
    case Op::kLog:
      if (!write(*e.args[0], out)) return false;
      out += static_cast<char>(ALGEBRA_LOG);
      if (e.args.size() == 1) return true;
      if (!write(*e.args[1], out)) return false;
      out += static_cast<char>(ALGEBRA_LOG);
      out += static_cast<char>(ALGEBRA_DIVIDE);
      return true;
    case Op::kMod: {  // a − b ⌊a/b⌋
      const auto quotient = std::make_shared<Expr>(Expr{.op = Op::kDivide, .text = {}, .args = e.args});
      const Number count = value_of(Expr{.op = Op::kFloor, .text = {}, .args = {quotient}});
      if (!count.exact || !write(*e.args[0], out) || !write(*e.args[1], out) || !number(-*count.exact, out)) return false;
      out += static_cast<char>(ALGEBRA_MULTIPLY);
      out += static_cast<char>(ALGEBRA_ADD);
      return true;
    }
    case Op::kSum:
    case Op::kProduct: return range(e, out);
    case Op::kMin:
    case Op::kMax: return extreme(e, out);
    default: break;
  }
  for (const TemplateRow& row : kTemplates) {
    if (row.op != e.op) continue;
    std::string argument;
    if (!write(*e.args[0], argument)) return false;
    for (const char* c = row.body; *c; ++c) {
      if (*c == '.') out += argument;
      else if (*c >= '0' && *c <= '9') number(Rational(*c - '0'), out);
      else out += *c;
      if (out.size() > kMaxProgram) return refuse_size();
    }
    return true;
  }
  return false;
}

}  // namespace

AlgebraProgram write_algebra_program(const Expr& expression, Work& work) {
  AlgebraProgram out;
  Writer writer(work);
  if (!writer.write(expression, out.bytes)) {
    out.state = writer.too_large() ? AlgebraProgram::State::kTooLarge : AlgebraProgram::State::kNotExpressible;
    return out;
  }
  const bool fits = out.bytes.size() <= kMaxProgram && algebra_well_formed({reinterpret_cast<const std::uint8_t*>(out.bytes.data()), out.bytes.size()});
  out.state = fits ? AlgebraProgram::State::kWritten : AlgebraProgram::State::kTooLarge;
  return out;
}

}  // namespace laconic::verifiers::math
