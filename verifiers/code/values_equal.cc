// When a value is the expected one.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "verifiers/code/compare.h"
#include "verifiers/code/values.h"

namespace laconic::verifiers::code {
namespace {

using Kind = Value::Kind;

bool is_number(Kind kind) { return kind == Kind::kInt || kind == Kind::kFloat; }
bool is_sequence(Kind kind) { return kind == Kind::kList || kind == Kind::kTuple; }
bool is_set(Kind kind) { return kind == Kind::kSet || kind == Kind::kFrozenSet; }
bool is_bytes(Kind kind) { return kind == Kind::kBytes || kind == Kind::kByteArray; }

double real_value(const Value& value) {
  if (value.kind == Kind::kFloat) return value.number;
  std::string_view digits = value.text;
  const bool negative = digits.front() == '-';
  if (negative) digits.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::hex);
  if (error != std::errc()) number = std::numeric_limits<double>::infinity();  // beyond every double
  return negative ? -number : number;
}

bool close(double got, double expected, const ValueRule& rule) {
  if (std::isnan(got) || std::isnan(expected)) return std::isnan(got) && std::isnan(expected);
  if (got == expected) return true;
  if (std::isinf(got) || std::isinf(expected)) return false;
  const double difference = std::fabs(got - expected);
  return difference <= rule.absolute || difference <= rule.relative * std::fabs(expected);
}

int rank(Kind kind) {
  return is_number(kind) ? 0 : is_sequence(kind) ? 1 : is_set(kind) ? 2 : is_bytes(kind) ? 3 : 4 + static_cast<int>(kind);
}

int order(const Value& a, const Value& b);

std::vector<const Value*> sorted(const std::vector<Value>& items, std::size_t stride = 1) {
  std::vector<const Value*> pointers;
  for (std::size_t i = 0; i < items.size(); i += stride) pointers.push_back(&items[i]);
  std::sort(pointers.begin(), pointers.end(), [](const Value* a, const Value* b) { return order(*a, *b) < 0; });
  return pointers;
}

// A total order under which equal values stand together; numbers by value.
int order(const Value& a, const Value& b) {
  if (rank(a.kind) != rank(b.kind)) return rank(a.kind) < rank(b.kind) ? -1 : 1;
  if (is_number(a.kind)) {
    const double x = real_value(a), y = real_value(b);
    if (std::isnan(x) || std::isnan(y)) return int(std::isnan(x)) - int(std::isnan(y));
    if (x != y) return x < y ? -1 : 1;
    // Ints that share a double: by text, which orders them somehow, and equal ones as equal.
    return a.kind == Kind::kInt && b.kind == Kind::kInt ? a.text.compare(b.text) : 0;
  }
  if (a.boolean != b.boolean) return a.boolean ? 1 : -1;
  if (a.kind == Kind::kComplex && (a.number != b.number || a.imaginary != b.imaginary)) {
    return a.number < b.number || (a.number == b.number && a.imaginary < b.imaginary) ? -1 : 1;
  }
  if (const int by_text = a.text.compare(b.text)) return by_text;
  for (std::size_t i = 0; i < std::min(a.items.size(), b.items.size()); ++i)
    if (const int by_item = order(a.items[i], b.items[i])) return by_item;
  return a.items.size() < b.items.size() ? -1 : a.items.size() > b.items.size();
}

std::string decimal(const Value& integer) {
  std::int64_t small = 0;
  const auto [end, error] = std::from_chars(integer.text.data(), integer.text.data() + integer.text.size(), small, 16);
  if (error == std::errc()) return std::to_string(small);
  return integer.text.front() == '-' ? "-0x" + integer.text.substr(1) : "0x" + integer.text;
}

bool equal_dicts(const Value& got, const Value& expected, const ValueRule& rule) {
  if (got.items.size() != expected.items.size()) return false;
  // JSON spells int keys as text: where the expected dict has text keys only, ours are read so too.
  Value spelled = got;
  bool text_keys = true;
  for (std::size_t i = 0; i < expected.items.size(); i += 2) text_keys = text_keys && expected.items[i].kind == Kind::kText;
  for (std::size_t i = 0; text_keys && i < spelled.items.size(); i += 2) {
    if (spelled.items[i].kind != Kind::kInt) continue;
    spelled.items[i].text = decimal(spelled.items[i]);
    spelled.items[i].kind = Kind::kText;
  }
  const auto a = sorted(spelled.items, 2), b = sorted(expected.items, 2);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!equal_values(*a[i], *b[i], rule) || !equal_values(a[i][1], b[i][1], rule)) return false;
  return true;
}

bool equal_items(const std::vector<const Value*>& got, const std::vector<const Value*>& expected, const ValueRule& rule) {
  return got.size() == expected.size() && std::equal(got.begin(), got.end(), expected.begin(),
                                                     [&](const Value* a, const Value* b) { return equal_values(*a, *b, rule); });
}

std::vector<const Value*> in_place(const std::vector<Value>& items) {
  std::vector<const Value*> pointers;
  for (const Value& item : items) pointers.push_back(&item);
  return pointers;
}

}  // namespace

bool equal_values(const Value& got, const Value& expected, const ValueRule& rule) {
  const Kind a = got.kind, b = expected.kind;
  if (is_number(a) && is_number(b)) {
    return a == Kind::kInt && b == Kind::kInt ? got.text == expected.text : close(real_value(got), real_value(expected), rule);
  }
  if (is_sequence(a) && is_sequence(b)) return equal_items(in_place(got.items), in_place(expected.items), rule);
  if (is_set(a) && is_set(b)) return equal_items(sorted(got.items), sorted(expected.items), rule);
  if (is_set(a) && is_sequence(b)) return equal_items(sorted(got.items), in_place(expected.items), rule);
  if (is_bytes(a) && is_bytes(b)) return got.text == expected.text;
  if (a != b) return false;
  switch (a) {
    case Kind::kBool:
      return got.boolean == expected.boolean;
    case Kind::kComplex:
      return close(got.number, expected.number, rule) && close(got.imaginary, expected.imaginary, rule);
    case Kind::kDict:
      return equal_dicts(got, expected, rule);
    default:
      return got.text == expected.text && equal_items(in_place(got.items), in_place(expected.items), rule);
  }
}

namespace {

void append_real(double value, std::string& out) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// Stops once `out` has reached `limit`.
void write_text(const Value& value, std::string& out, std::size_t limit) {
  const auto list = [&](const char* open, const char* shut) {
    out += open;
    for (std::size_t i = 0; i < value.items.size() && out.size() < limit; ++i) {
      if (i != 0) out += value.kind == Kind::kDict && i % 2 == 1 ? ": " : ", ";
      write_text(value.items[i], out, limit);
    }
    out += shut;
  };
  switch (value.kind) {
    case Kind::kNone: out += "None"; break;
    case Kind::kBool: out += value.boolean ? "True" : "False"; break;
    case Kind::kInt: out += decimal(value); break;
    case Kind::kFloat:
      append_real(value.number, out);
      if (value.number == std::floor(value.number) && std::fabs(value.number) < 1e15) out += ".0";
      break;
    case Kind::kComplex:
      append_real(value.number, out);
      out += value.imaginary < 0 ? "" : "+";
      append_real(value.imaginary, out);
      out += "j";
      break;
    case Kind::kText: out += "'" + value.text.substr(0, limit) + "'"; break;
    case Kind::kBytes:
    case Kind::kByteArray: out += "b'" + value.text.substr(0, limit) + "'"; break;
    case Kind::kList: list("[", "]"); break;
    case Kind::kTuple: list("(", value.items.size() == 1 ? ",)" : ")"); break;
    case Kind::kSet:
    case Kind::kDict: list("{", "}"); break;
    case Kind::kFrozenSet: list("frozenset({", "})"); break;
    case Kind::kRange: list("range(", ")"); break;
    case Kind::kType: out += "<class '" + value.text + "'>"; break;
  }
}

}  // namespace

std::string to_text(const Value& value) {
  std::string out;
  write_text(value, out, 200);
  return shortened(out, 80);
}

}  // namespace laconic::verifiers::code
