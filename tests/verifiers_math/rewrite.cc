#include "rewrite.h"

#include <algorithm>

#include "verifiers/math/build.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

constexpr std::string_view function_name(Op op) {
  switch (op) {
    case Op::kSin: return "\\sin";
    case Op::kCos: return "\\cos";
    case Op::kTan: return "\\tan";
    case Op::kCot: return "\\cot";
    case Op::kSec: return "\\sec";
    case Op::kCsc: return "\\csc";
    case Op::kArcsin: return "\\arcsin";
    case Op::kArccos: return "\\arccos";
    case Op::kArctan: return "\\arctan";
    case Op::kExp: return "\\exp";
    default: return "";
  }
}

bool small_whole(const ExprPtr& e) { return e->op == Op::kNumber && !e->decimal && e->repeat == 0 && e->text.size() <= 6; }

}  // namespace

std::string Rewriter::brackets(const std::string& inside) { return chance(50) ? "\\left(" + blank() + inside + blank() + "\\right)" : "(" + inside + ")"; }

std::string Rewriter::number(const Expr& e) {
  std::string digits = e.text;
  if (e.scale == 0 && e.repeat == 0) {
    if (digits.size() >= 4 && digits.size() <= 9 && chance(40)) {
      for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, chance(50) ? "{,}" : ",\\!");
      return digits;
    }
    return chance(10) ? digits + ".0" : digits;
  }
  const std::size_t point = digits.size() - static_cast<std::size_t>(e.scale);
  std::string behind = digits.substr(point);
  if (e.repeat > 0) {
    const std::size_t start = behind.size() - static_cast<std::size_t>(e.repeat);
    return digits.substr(0, point) + "." + behind.substr(0, start) + "\\overline{" + behind.substr(start) + "}";
  }
  return (point == 0 ? (chance(50) ? "0" : "") : digits.substr(0, point)) + "." + behind + (chance(20) ? "0" : "");
}

std::string Rewriter::fraction(const ExprPtr& above, const ExprPtr& below, int strength) {
  if (small_whole(above) && small_whole(below) && chance(30)) {
    // A terminating decimal, exactly
    long long p = std::stoll(above->text), q = std::stoll(below->text);
    for (int scale = 1; scale <= 6 && q > 0; ++scale) {
      p *= 10;
      if (p % q != 0) continue;
      std::string digits = std::to_string(p / q);
      while (static_cast<int>(digits.size()) <= scale) digits.insert(0, "0");
      digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
      return strength > 2 ? brackets(digits) : digits;
    }
  }
  const std::string a = sum(above, 0), b = sum(below, 0);
  std::string out;
  switch (random_() % 4) {
    case 0: out = "\\frac{" + a + "}{" + b + "}"; break;
    case 1: out = "\\dfrac{" + blank() + a + "}" + blank() + "{" + b + "}"; break;
    case 2: out = "\\tfrac{" + a + "}{" + b + "}"; break;
    default: return "(" + brackets(a) + blank() + "/" + blank() + brackets(b) + ")";
  }
  return strength > 2 ? brackets(out) : out;
}

// One product of a sum is multiplied out, one square is written as a product.
ExprPtr Rewriter::multiplied_out(const ExprPtr& e) {
  if (e->op == Op::kPower && e->args[0]->op == Op::kAdd && e->args[1]->op == Op::kNumber && e->args[1]->text == "2" && e->args[1]->scale == 0) {
    return node(Op::kMul, {e->args[0], e->args[0]});
  }
  if (e->op != Op::kMul) return e;
  for (std::size_t i = 0; i < e->args.size(); ++i) {
    if (e->args[i]->op != Op::kAdd) continue;
    std::vector<ExprPtr> rest = e->args;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    const ExprPtr others = rest.size() == 1 ? rest[0] : node(Op::kMul, rest);
    std::vector<ExprPtr> terms;
    for (const ExprPtr& term : e->args[i]->args) {
      if (term->op == Op::kNegate) terms.push_back(negate(node(Op::kMul, {others, term->args[0]})));
      else terms.push_back(node(Op::kMul, {others, term}));
    }
    return node(Op::kAdd, std::move(terms));
  }
  return e;
}

// `strength` of the place: 0 anything, 1 a term behind a sign, 2 a factor, 3 a base.
std::string Rewriter::sum(const ExprPtr& original, int strength) {
  const ExprPtr e = chance(25) ? multiplied_out(original) : original;
  switch (e->op) {
    case Op::kNumber: return number(*e);
    case Op::kSymbol: {
      if (e->text.starts_with("angle ") || e->text.starts_with("triangle ")) return "\\" + e->text;
      const std::size_t index = e->text.find('_');
      const std::string base = e->text.substr(0, index);
      const std::string name = is_greek(base) ? "\\" + base + " " : base;
      return index == std::string::npos ? name : name + "_{" + e->text.substr(index + 1) + "}";
    }
    case Op::kPi: return "\\pi ";
    case Op::kE: return "e";
    case Op::kI: return "i";
    case Op::kInfinity: return "\\infty ";
    case Op::kAdd: {
      std::vector<ExprPtr> terms = e->args;
      std::shuffle(terms.begin(), terms.end(), random_);
      std::string out;
      for (std::size_t i = 0; i < terms.size(); ++i) {
        const bool minus = terms[i]->op == Op::kNegate;
        out += minus ? blank() + "-" + blank() : i ? blank() + "+" + blank() : "";
        out += sum(minus ? terms[i]->args[0] : terms[i], 1);
      }
      return strength > 0 ? brackets(out) : out;
    }
    case Op::kNegate: return strength > 0 ? brackets("-" + sum(e->args[0], 1)) : "-" + blank() + sum(e->args[0], 1);
    case Op::kMul: {
      std::vector<ExprPtr> factors = e->args;
      if (chance(50)) std::shuffle(factors.begin(), factors.end(), random_);
      std::string out;
      for (std::size_t i = 0; i < factors.size(); ++i) {
        const std::string factor = sum(factors[i], 2);
        const bool digits_follow = !out.empty() && ((factor[0] >= '0' && factor[0] <= '9') || factor[0] == '.');
        if (i > 0) {
          switch (digits_follow || factor.starts_with("\\frac") || factor.starts_with("\\dfrac") || factor.starts_with("\\tfrac") || factors[i - 1]->op == Op::kSymbol || function_name(factors[i - 1]->op).size() || factors[i - 1]->op == Op::kLog ? random_() % 2 : random_() % 3) {
            case 0: out += " \\cdot "; break;
            case 1: out += "\\times "; break;
            default: out += " ";
          }
        }
        out += factor;
      }
      return strength > 1 ? brackets(out) : out;
    }
    case Op::kDivide: return fraction(e->args[0], e->args[1], strength);
    case Op::kPower: {
      const std::string out = sum(e->args[0], 3) + "^{" + sum(e->args[1], 0) + "}";
      return strength > 2 ? brackets(out) : out;
    }
    case Op::kRoot: {
      const bool square = e->args[1]->op == Op::kNumber && e->args[1]->text == "2";
      const std::string out = (square ? "\\sqrt" : "\\sqrt[" + sum(e->args[1], 0) + "]") + blank() + "{" + sum(e->args[0], 0) + "}";
      return strength > 2 ? brackets(out) : out;
    }
    case Op::kFactorial: return sum(e->args[0], 3) + "!";
    case Op::kBinomial: return "\\binom{" + sum(e->args[0], 0) + "}{" + sum(e->args[1], 0) + "}";
    case Op::kAbs: return "\\left|" + sum(e->args[0], 0) + "\\right|";
    case Op::kFloor: return "\\lfloor " + sum(e->args[0], 0) + "\\rfloor ";
    case Op::kCeiling: return "\\left\\lceil " + sum(e->args[0], 0) + "\\right\\rceil ";
    case Op::kLog: return e->args.size() == 2 ? "\\log_{" + sum(e->args[1], 0) + "}" + brackets(sum(e->args[0], 0)) : "\\log" + brackets(sum(e->args[0], 0));
    case Op::kCall: {
      std::string out = e->text + "(";
      for (std::size_t i = 0; i < e->args.size(); ++i) out += (i ? ", " : "") + sum(e->args[i], 0);
      return out + ")";
    }
    default: {
      const std::string_view name = function_name(e->op);
      if (name.empty() || e->args.size() != 1) return {};
      const std::string out = std::string(name) + brackets(sum(e->args[0], 0));
      return strength > 2 ? brackets(out) : out;
    }
  }
}

std::string Rewriter::items(const Value& value, const std::string& open, const std::string& between, const std::string& close, bool shuffle) {
  std::vector<Value> parts = value.items;
  if (shuffle) std::shuffle(parts.begin(), parts.end(), random_);
  std::string out = open;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part = text(parts[i]);
    if (part.empty()) return {};
    out += (i ? between + blank() : "") + part;
  }
  return out + close;
}

std::string Rewriter::text(const Value& value) {
  switch (value.kind) {
    case Kind::kScalar: {
      std::string out;
      if (value.unit == "percent") return sum(value.scalar->args[0], 2) + "\\%";  // made by the grammar as x/100
      out = sum(value.scalar, 0);
      if (value.unit == "degree") out = "(" + out + ")" + (chance(50) ? "^\\circ" : "^{\\circ}");
      return out;
    }
    case Kind::kList: return items(value, "", value.text == "or" ? "\\text{ or }" : ", ", "", true);
    case Kind::kSet: return value.items.empty() ? (chance(50) ? "\\emptyset" : "\\varnothing") : items(value, "\\{", ",", "\\}", true);
    case Kind::kTuple: return value.ordered_brackets ? items(value, "[", ",", "]", false) : items(value, chance(50) ? "(" : "\\left(", ",", ")", false);
    case Kind::kInterval: return items(value, value.closed_low ? "[" : "(", ",", value.closed_high ? "]" : ")", false);
    case Kind::kUnion: return items(value, "", "\\cup ", "", true);
    case Kind::kMatrix: {
      const std::string name = chance(50) ? "pmatrix" : "bmatrix";
      std::string out = "\\begin{" + name + "}";
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::string part = text(value.items[i]);
        if (part.empty()) return {};
        if (i > 0) out += i % static_cast<std::size_t>(value.columns) == 0 ? "\\\\ " : " & ";
        out += part;
      }
      return out + "\\end{" + name + "}";
    }
    case Kind::kRelation: {
      std::string out;
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::string part = text(value.items[i]);
        if (part.empty()) return {};
        if (i > 0) {
          switch (value.relations[i - 1]) {
            case Relation::kEqual: out += blank() + "=" + blank(); break;
            case Relation::kLess: out += " < "; break;
            case Relation::kGreater: out += " > "; break;
            case Relation::kLessEqual: out += chance(50) ? " \\le " : "\\leqslant "; break;
            case Relation::kGreaterEqual: out += chance(50) ? " \\geq " : "\\ge "; break;
            case Relation::kIn: out += " \\in "; break;
            default: return {};
          }
        }
        out += part;
      }
      return out;
    }
    case Kind::kRatio: return items(value, "", ":", "", false);
    case Kind::kNamedSet: return "\\mathbb{" + value.text + "}";
    case Kind::kChoice: return chance(50) ? "\\text{(" + value.text + ")}" : "(" + value.text + ")";
    case Kind::kText: return chance(50) ? "\\text{" + value.text + "}" : "\\mbox{ " + value.text + "}";
    default: return {};
  }
}

}  // namespace laconic::verifiers::math
