#include "verifiers/code/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "verifiers/code/compare.h"

namespace laconic::verifiers::code {
namespace {

using Kind = Value::Kind;

Value leaf(Kind kind, std::string text = {}) {
  Value value;
  value.kind = kind;
  value.text = std::move(text);
  return value;
}

Value float_of(double number) {
  Value value = leaf(Kind::kFloat);
  value.number = number;
  return value;
}

std::string hex_of(std::uint64_t magnitude, bool negative) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, magnitude, 16).ptr;
  return (negative && magnitude != 0 ? "-" : "") + std::string(digits, end);
}

// Decimal digits of any length; only data sets and our own drivers write them, so the square is theirs.
std::string hex_of_decimal(std::string_view digits) {
  const bool negative = digits.front() == '-';
  if (negative) digits.remove_prefix(1);
  std::vector<std::uint32_t> limbs;  // little-endian
  while (!digits.empty()) {
    const std::string_view chunk = digits.substr(0, (digits.size() - 1) % 9 + 1);
    std::uint32_t carry = 0;
    std::from_chars(chunk.data(), chunk.data() + chunk.size(), carry);
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < chunk.size(); ++i) power *= 10;
    for (std::uint32_t& limb : limbs) {
      const std::uint64_t product = limb * power + carry;
      limb = static_cast<std::uint32_t>(product);
      carry = static_cast<std::uint32_t>(product >> 32);
    }
    if (carry != 0) limbs.push_back(carry);
    digits.remove_prefix(chunk.size());
  }
  if (limbs.empty()) return "0";
  std::string hex = hex_of(limbs.back(), negative);
  for (std::size_t i = limbs.size() - 1; i-- > 0;) {
    const std::string low = hex_of(limbs[i], false);
    hex += std::string(8 - low.size(), '0') + low;
  }
  return hex;
}

// Builds a tree of lists and dicts from JSON events; depth and size are bounded here, before anything recurses.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return put(leaf(Kind::kNone)); }
  bool boolean(bool value) override {
    Value v = leaf(Kind::kBool);
    v.boolean = value;
    return put(std::move(v));
  }
  bool number_integer(number_integer_t value) override {
    const auto bits = static_cast<std::uint64_t>(value);
    return put(leaf(Kind::kInt, hex_of(value < 0 ? 0 - bits : bits, value < 0)));
  }
  bool number_unsigned(number_unsigned_t value) override { return put(leaf(Kind::kInt, hex_of(value, false))); }
  bool number_float(number_float_t value, const string_t& raw) override {
    if (raw.find_first_of(".eE") != string_t::npos) return put(float_of(value));
    // An integer that no 64-bit type holds arrives here with its text.
    if (raw.size() > kMaxDigits) return refuse("an integer of " + std::to_string(raw.size()) + " digits");
    return put(leaf(Kind::kInt, hex_of_decimal(raw)));
  }
  bool string(string_t& value) override { return put(leaf(Kind::kText, std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Kind::kDict); }
  bool key(string_t& name) override { return put(leaf(Kind::kText, std::move(name))); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Kind::kList); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not valid JSON at byte " + std::to_string(at));
  }

  Value root;
  std::string problem;

 private:
  static constexpr std::size_t kMaxDigits = 100000;

  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }
  bool put(Value value) {
    if (++nodes_ > 3 * kMaxValueNodes) return refuse("more than " + std::to_string(kMaxValueNodes) + " values");
    if (open_.empty()) root = std::move(value);
    else open_.back().items.push_back(std::move(value));
    return true;
  }
  bool open(Kind kind) {
    // A tagged value takes up to three levels of JSON for one of its own: {"d": [[key, …]]}.
    if (open_.size() >= 3 * kMaxValueDepth + 4) return refuse("nested too deep");
    open_.push_back(leaf(kind));
    return true;
  }
  bool close() {
    Value done = std::move(open_.back());
    open_.pop_back();
    return put(std::move(done));
  }

  std::vector<Value> open_;
  int nodes_ = 0;
};

std::optional<Value> parse(std::string_view json, std::string& problem) {
  Builder builder;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &builder)) {
    problem = builder.problem.empty() ? "not valid JSON" : builder.problem;
    return std::nullopt;
  }
  return std::move(builder.root);
}

std::optional<std::string> bytes_of_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (error != std::errc() || end != hex.data() + i + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::optional<std::string> canonical_hex(std::string_view hex) {
  const bool negative = !hex.empty() && hex.front() == '-';
  if (negative) hex.remove_prefix(1);
  if (hex.empty() || hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  hex.remove_prefix(std::min(hex.find_first_not_of('0'), hex.size() - 1));
  return (negative && hex != "0" ? "-" : "") + std::string(hex);
}

std::optional<double> real_of_text(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  double value = 0;
  if (text == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else {
    if (text.substr(0, 2) != "0x") return std::nullopt;
    text.remove_prefix(2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::hex);
    if (error != std::errc() || end != text.data() + text.size() || text.empty() || !std::isfinite(value)) return std::nullopt;
  }
  return negative ? -value : value;
}

void append_code_point(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  }
}

std::optional<unsigned> code_point_of(const Value& value) {
  unsigned c = 0;
  if (value.kind != Kind::kInt) return std::nullopt;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), c, 16);
  if (error != std::errc() || end != value.text.data() + value.text.size() || c > 0x10FFFF) return std::nullopt;
  return c;
}

constexpr std::array<std::string_view, 16> kTypes = {"bool", "int", "float", "complex", "str", "bytes", "bytearray", "list",
                                                     "tuple", "dict", "set", "frozenset", "range", "object", "type", "NoneType"};

bool is_hashable(const Value& value) {
  switch (value.kind) {
    case Kind::kList:
    case Kind::kSet:
    case Kind::kDict:
    case Kind::kByteArray:
      return false;
    default:
      return std::all_of(value.items.begin(), value.items.end(), is_hashable);
  }
}

// Objects of one key become what their tag says.
struct Untagger {
  std::string& problem;
  int nodes = 0;

  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }

  bool members(Value& list, int depth, bool hashable) {
    for (Value& item : list.items) {
      if (!one(item, depth + 1)) return false;
      if (hashable && !is_hashable(item)) return refuse("a member that is not hashable");
    }
    return true;
  }

  bool one(Value& value, int depth) {
    if (depth > kMaxValueDepth) return refuse("nested too deep");
    if (++nodes > kMaxValueNodes) return refuse("more than " + std::to_string(kMaxValueNodes) + " values");
    if (value.kind == Kind::kFloat) return refuse("a float that is not tagged");
    if (value.kind == Kind::kList) return members(value, depth, false);
    if (value.kind != Kind::kDict) return true;
    if (value.items.size() != 2) return refuse("an object that is no tag");
    const std::string tag = value.items[0].text;
    Value body = std::move(value.items[1]);
    if (!tagged(tag, body, depth)) {
      if (problem.empty()) problem = "a body that does not fit tag \"" + shortened(tag, 20) + "\"";
      return false;
    }
    value = std::move(body);
    return true;
  }

  // Turns `value`, the body, into what the tag makes of it.
  bool tagged(const std::string& tag, Value& value, int depth) {
    const bool list = value.kind == Kind::kList;
    if (tag.size() != 1) return false;
    if (value.kind == Kind::kText) return from_text(tag[0], value);
    if (!list) return false;
    switch (tag[0]) {
      case 't':
        value.kind = Kind::kTuple;
        return members(value, depth, false);
      case 's':
        value.kind = Kind::kSet;
        return members(value, depth, true);
      case 'z':
        value.kind = Kind::kFrozenSet;
        return members(value, depth, true);
      case 'd':
        return dict(value, depth);
      case 'r':
        value.kind = Kind::kRange;
        for (Value& part : value.items)
          if (!one(part, depth + 1) || part.kind != Kind::kInt) return false;
        return value.items.size() == 3 && value.items[2].text != "0";
      case 'c': {
        if (value.items.size() != 2 || value.items[0].kind != Kind::kText || value.items[1].kind != Kind::kText) return false;
        const auto real = real_of_text(value.items[0].text), imaginary = real_of_text(value.items[1].text);
        if (!real || !imaginary) return false;
        value = leaf(Kind::kComplex);
        value.number = *real;
        value.imaginary = *imaginary;
        return true;
      }
      case 'u': {
        Value text = leaf(Kind::kText);
        for (const Value& item : value.items) {
          const auto point = code_point_of(item);
          if (!point) return false;
          append_code_point(text.text, *point);
        }
        value = std::move(text);
        return true;
      }
      default:
        return refuse("unknown tag \"" + tag + "\"");
    }
  }

  bool from_text(char tag, Value& value) {
    switch (tag) {
      case 'i': {
        auto hex = canonical_hex(value.text);
        if (hex) value = leaf(Kind::kInt, std::move(*hex));
        return hex.has_value();
      }
      case 'f': {
        const auto real = real_of_text(value.text);
        if (real) value = float_of(*real);
        return real.has_value();
      }
      case 'b':
      case 'a': {
        auto bytes = bytes_of_hex(value.text);
        if (bytes) value = leaf(tag == 'b' ? Kind::kBytes : Kind::kByteArray, std::move(*bytes));
        return bytes.has_value();
      }
      case 'y':
        value.kind = Kind::kType;
        return std::find(kTypes.begin(), kTypes.end(), value.text) != kTypes.end();
      default:
        return refuse(std::string("unknown tag \"") + tag + "\"");
    }
  }

  bool dict(Value& value, int depth) {
    Value made = leaf(Kind::kDict);
    for (Value& pair : value.items) {
      if (pair.kind != Kind::kList || pair.items.size() != 2) return refuse("a dict entry that is no pair");
      for (Value& part : pair.items) {
        if (!one(part, depth + 1)) return false;
        made.items.push_back(std::move(part));
      }
      if (!is_hashable(made.items[made.items.size() - 2])) return refuse("a key that is not hashable");
    }
    value = std::move(made);
    return true;
  }
};

int depth_of(const Value& value) {
  int deepest = 0;
  for (const Value& item : value.items) deepest = std::max(deepest, depth_of(item));
  return deepest + 1;
}

}  // namespace

std::optional<Value> read_tagged(std::string_view json, std::string& problem) {
  problem.clear();
  auto value = parse(json, problem);
  if (!value || !Untagger{problem}.one(*value, 0)) return std::nullopt;
  return value;
}

std::optional<Value> read_frame(std::string_view bytes, std::string& problem) {
  problem.clear();
  const auto refuse = [&](std::string why) {
    problem = std::move(why);
    return std::nullopt;
  };
  if (bytes.empty()) return refuse("it wrote no result");
  if (bytes.size() < 4) return refuse("its result is cut short");
  std::uint32_t length = 0;
  for (int i = 0; i < 4; ++i) length |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  bytes.remove_prefix(4);
  if (bytes.size() < length) return refuse("its result is cut short");
  if (bytes.size() > length) return refuse("it wrote more than one result");
  auto value = parse(bytes, problem);
  if (!value) return std::nullopt;
  if (value->kind != Kind::kDict || value->items.size() != 2) return refuse("its result is no frame");
  Value body = std::move(value->items[1]);
  if (value->items[0].text == "error" && body.kind == Kind::kText) return refuse(shortened(body.text, 160));
  if (value->items[0].text != "v") return refuse("its result is no frame");
  if (!Untagger{problem}.one(body, 0)) return std::nullopt;
  return body;
}

std::optional<Value> read_plain(std::string_view json, std::string& problem) {
  problem.clear();
  auto value = parse(json, problem);
  if (value && depth_of(*value) > kMaxValueDepth) {
    problem = "nested too deep";
    return std::nullopt;
  }
  return value;
}

}  // namespace laconic::verifiers::code
