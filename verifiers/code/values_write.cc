// The tagged form of a value.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "verifiers/code/values.h"

namespace laconic::verifiers::code {
namespace {

using Kind = Value::Kind;

std::string text_of_real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char digits[48];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::fabs(value), std::chars_format::hex).ptr;
  return (std::signbit(value) ? "-0x" : "0x") + std::string(digits, end);
}

// Of text that was valid when it was read: UTF-8, lone surrogates as three bytes.
std::vector<unsigned> code_points(std::string_view text) {
  std::vector<unsigned> points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    unsigned c = more == 0 ? lead : lead & (0x3Fu >> more);
    for (int k = 1; k <= more; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    points.push_back(c);
    i += static_cast<std::size_t>(more) + 1;
  }
  return points;
}

}  // namespace

std::string write_tagged(const Value& value) {
  const auto list = [&](std::string_view open, std::string_view shut) {
    std::string out(open);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (i != 0) out += ',';
      out += write_tagged(value.items[i]);
    }
    return out += shut;
  };
  const auto hex_bytes = [&] {
    std::string out;
    for (const char c : value.text) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      out += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return out;
  };
  switch (value.kind) {
    case Kind::kNone: return "null";
    case Kind::kBool: return value.boolean ? "true" : "false";
    case Kind::kInt: {
      std::int64_t small = 0;
      const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), small, 16);
      constexpr std::int64_t kExact = std::int64_t{1} << 53;
      if (error == std::errc() && small >= -kExact && small <= kExact) return std::to_string(small);
      return "{\"i\":\"" + value.text + "\"}";
    }
    case Kind::kFloat: return "{\"f\":\"" + text_of_real(value.number) + "\"}";
    case Kind::kComplex: return "{\"c\":[\"" + text_of_real(value.number) + "\",\"" + text_of_real(value.imaginary) + "\"]}";
    case Kind::kText: {
      const std::vector<unsigned> points = code_points(value.text);
      if (std::none_of(points.begin(), points.end(), [](unsigned c) { return c >= 0xD800 && c < 0xE000; })) {
        return nlohmann::json(value.text).dump(-1, ' ', true);
      }
      std::string out = "{\"u\":[";
      for (const unsigned c : points) out += (out.back() == '[' ? "" : ",") + std::to_string(c);
      return out += "]}";
    }
    case Kind::kBytes: return "{\"b\":\"" + hex_bytes() + "\"}";
    case Kind::kByteArray: return "{\"a\":\"" + hex_bytes() + "\"}";
    case Kind::kList: return list("[", "]");
    case Kind::kTuple: return list("{\"t\":[", "]}");
    case Kind::kSet: return list("{\"s\":[", "]}");
    case Kind::kFrozenSet: return list("{\"z\":[", "]}");
    case Kind::kRange: return list("{\"r\":[", "]}");
    case Kind::kType: return "{\"y\":\"" + value.text + "\"}";
    case Kind::kDict: {
      std::string out = "{\"d\":[";
      for (std::size_t i = 0; i < value.items.size(); i += 2) {
        out += (i == 0 ? "[" : ",[") + write_tagged(value.items[i]) + "," + write_tagged(value.items[i + 1]) + "]";
      }
      return out += "]}";
    }
  }
  return "null";
}

}  // namespace laconic::verifiers::code
