// Values as one line for people.
#include <algorithm>

#include "verifiers/math/answer_value.h"

namespace laconic::verifiers::math {
namespace {

std::string_view name_of(Op op) {
  switch (op) {
    case Op::kFactorial: return "factorial";
    case Op::kBinomial: return "binomial";
    case Op::kAbs: return "abs";
    case Op::kFloor: return "floor";
    case Op::kCeiling: return "ceiling";
    case Op::kGcd: return "gcd";
    case Op::kLcm: return "lcm";
    case Op::kMin: return "min";
    case Op::kMax: return "max";
    case Op::kMod: return "mod";
    case Op::kExp: return "exp";
    case Op::kLog: return "log";
    case Op::kSin: return "sin";
    case Op::kCos: return "cos";
    case Op::kTan: return "tan";
    case Op::kCot: return "cot";
    case Op::kSec: return "sec";
    case Op::kCsc: return "csc";
    case Op::kArcsin: return "arcsin";
    case Op::kArccos: return "arccos";
    case Op::kArctan: return "arctan";
    case Op::kSinh: return "sinh";
    case Op::kCosh: return "cosh";
    case Op::kTanh: return "tanh";
    case Op::kArsinh: return "arsinh";
    case Op::kArcosh: return "arcosh";
    case Op::kArtanh: return "artanh";
    case Op::kSum: return "sum";
    case Op::kProduct: return "product";
    case Op::kRe: return "re";
    case Op::kIm: return "im";
    case Op::kConjugate: return "conj";
    case Op::kRoot: return "root";
    default: return "";
  }
}

std::string_view sign_of(Relation relation) {
  switch (relation) {
    case Relation::kEqual: return "=";
    case Relation::kNotEqual: return "≠";
    case Relation::kLess: return "<";
    case Relation::kLessEqual: return "≤";
    case Relation::kGreater: return ">";
    case Relation::kGreaterEqual: return "≥";
    case Relation::kApproximate: return "≈";
    case Relation::kIn: return "∈";
    case Relation::kNotIn: return "∉";
    case Relation::kEquivalent: return "≡";
    case Relation::kSimilar: return "~";
    case Relation::kParallel: return "∥";
    case Relation::kPerpendicular: return "⊥";
    case Relation::kSubset: return "⊂";
    case Relation::kDivides: return "|";
  }
  return "?";
}

class Writer {
 public:
  explicit Writer(std::size_t limit) : limit_(limit) {}
  std::string take() {
    if (out_.size() > limit_) {
      std::size_t end = limit_;
      while (end > 0 && (static_cast<unsigned char>(out_[end]) & 0xC0) == 0x80) --end;
      out_.resize(end);
      out_ += "…";
    }
    return std::move(out_);
  }

  void value(const Value& v) {
    if (full()) return;
    switch (v.kind) {
      case Kind::kScalar:
        expression(*v.scalar, 0);
        if (!v.unit.empty()) out_ += v.unit == "percent" ? " (as %)" : " " + v.unit;
        break;
      case Kind::kText: out_ += "\"" + v.text + "\""; break;
      case Kind::kChoice: out_ += "choice " + v.text; break;
      case Kind::kList: items(v, "", v.text == "or" ? " or " : v.text == "and" ? " and " : ", ", ""); break;
      case Kind::kSet: items(v, "{", ", ", "}"); break;
      case Kind::kTuple: items(v, "(", ", ", ")"); break;
      case Kind::kInterval: items(v, v.closed_low ? "[" : "(", ", ", v.closed_high ? "]" : ")"); break;
      case Kind::kUnion: items(v, "", " ∪ ", ""); break;
      case Kind::kIntersection: items(v, "", " ∩ ", ""); break;
      case Kind::kDifference: items(v, "", " ∖ ", ""); break;
      case Kind::kNamedSet: out_ += "set " + v.text; break;
      case Kind::kMatrix: items(v, "[" + std::to_string(v.columns) + " columns: ", ", ", "]"); break;
      case Kind::kRelation:
        for (std::size_t i = 0; i < v.items.size(); ++i) {
          if (i > 0) out_ += " " + std::string(sign_of(v.relations[i - 1])) + " ";
          value(v.items[i]);
        }
        break;
      case Kind::kResidue: items(v, "", " mod ", ""); break;
      case Kind::kFamily:
        value(v.items[0]);
        out_ += " for " + v.text + " ∈ ";
        value(v.items[1]);
        break;
      case Kind::kRatio: items(v, "", ":", ""); break;
      case Kind::kTime: out_ += std::to_string(v.minutes / 60) + ":" + (v.minutes % 60 < 10 ? "0" : "") + std::to_string(v.minutes % 60); break;
      case Kind::kCases: items(v, "cases(", ", ", ")"); break;
    }
  }

  // `strength`: 0 sum, 1 product, 2 power
  void expression(const Expr& e, int strength) {
    if (full()) return;
    const int own = e.op == Op::kAdd || e.op == Op::kNegate || e.op == Op::kPlusMinus ? 0 : e.op == Op::kMul || e.op == Op::kDivide ? 1 : e.op == Op::kPower ? 2 : 3;
    const bool brackets = own < strength;
    if (brackets) out_ += "(";
    switch (e.op) {
      case Op::kNumber: number(e); break;
      case Op::kSymbol: out_ += e.text; break;
      case Op::kPi: out_ += "π"; break;
      case Op::kE: out_ += "e"; break;
      case Op::kI: out_ += "i"; break;
      case Op::kInfinity: out_ += "∞"; break;
      case Op::kAdd: joined(e, " + ", 0); break;
      case Op::kMul: joined(e, "·", 2); break;
      case Op::kNegate: out_ += "−"; expression(*e.args[0], 1); break;
      case Op::kDivide: expression(*e.args[0], 2); out_ += "/"; expression(*e.args[1], 2); break;
      case Op::kPower: expression(*e.args[0], 3); out_ += "^"; expression(*e.args[1], 3); break;
      case Op::kPlusMinus:
        if (e.args.size() == 2) expression(*e.args[0], 0);
        out_ += e.text == "mp" ? "∓" : "±";
        expression(*e.args.back(), 1);
        break;
      default:
        out_ += e.op == Op::kCall ? std::string_view(e.text) : name_of(e.op);
        out_ += "(";
        joined(e, ", ", 0);
        out_ += ")";
    }
    if (brackets) out_ += ")";
  }

 private:
  bool full() const { return out_.size() > limit_; }

  void items(const Value& v, std::string_view open, std::string_view between, std::string_view close) {
    out_ += open;
    for (std::size_t i = 0; i < v.items.size() && !full(); ++i) {
      if (i > 0) out_ += between;
      value(v.items[i]);
    }
    out_ += close;
  }

  void joined(const Expr& e, std::string_view between, int strength) {
    for (std::size_t i = 0; i < e.args.size() && !full(); ++i) {
      if (i > 0) out_ += between;
      expression(*e.args[i], strength);
    }
  }

  void number(const Expr& e) {
    std::string digits = e.text.substr(0, limit_ + 8);
    if (e.scale > 0 && static_cast<std::size_t>(e.scale) <= digits.size()) {
      std::string behind = digits.substr(digits.size() - static_cast<std::size_t>(e.scale));
      std::string before = digits.substr(0, digits.size() - static_cast<std::size_t>(e.scale));
      if (before.empty()) before = "0";
      if (e.repeat > 0 && static_cast<std::size_t>(e.repeat) <= behind.size()) behind.insert(behind.size() - static_cast<std::size_t>(e.repeat), "("), behind += ")";
      out_ += before + "." + behind;
    } else {
      out_ += digits;
    }
  }

  std::string out_;
  std::size_t limit_;
};

}  // namespace

std::string shown(const Value& value, std::size_t limit) {
  Writer writer(limit);
  writer.value(value);
  return writer.take();
}

std::string shown(const ExprPtr& expression) {
  Writer writer(120);
  writer.expression(*expression, 0);
  return writer.take();
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kScalar: return "a number or formula";
    case Kind::kText: return "words";
    case Kind::kChoice: return "a choice";
    case Kind::kList: return "a list";
    case Kind::kSet: return "a set";
    case Kind::kTuple: return "a tuple";
    case Kind::kInterval: return "an interval";
    case Kind::kUnion: return "a union";
    case Kind::kIntersection: return "an intersection";
    case Kind::kDifference: return "a set difference";
    case Kind::kNamedSet: return "a set of numbers";
    case Kind::kMatrix: return "a matrix";
    case Kind::kRelation: return "a relation";
    case Kind::kResidue: return "a residue";
    case Kind::kFamily: return "a family";
    case Kind::kRatio: return "a ratio";
    case Kind::kTime: return "a time of day";
    case Kind::kCases: return "a case distinction";
  }
  return "?";
}

}  // namespace laconic::verifiers::math
