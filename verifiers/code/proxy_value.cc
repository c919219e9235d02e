#include "verifiers/code/proxy_value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace laconic::verifiers::code {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kExactInt = std::int64_t{1} << 53;
constexpr int kJsonLevelsPerValue = 3;  // {"d": [[key, value]]}
constexpr int kFrameLevels = 2;
constexpr std::array kTypeNames = {"bool", "int",  "float", "complex",   "str",   "bytes",  "bytearray", "list",
                                   "tuple", "dict", "set",   "frozenset", "range", "object", "type",      "NoneType"};

struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool condition, const char* what) {
  if (!condition) throw Malformed(what);
}

Json parse(std::string_view body, const ProxyLimits& limits) {
  require(body.size() <= limits.frame_bytes, "a frame over the size limit");
  std::size_t nodes = 0;
  const int deepest = limits.depth * kJsonLevelsPerValue + kFrameLevels;
  // Limits hold while parsing: a frame of brackets alone never becomes a tree.
  const Json json = Json::parse(
      body,
      [&](int depth, Json::parse_event_t, Json&) {
        require(depth <= deepest, "values nested too deep");
        require(++nodes <= limits.nodes, "too many values in one frame");
        return true;
      },
      false);
  require(!json.is_discarded(), "not valid JSON");
  return json;
}

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_hex_integer(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && text.front() != '0' && std::all_of(text.begin(), text.end(), is_hex_digit);
}

bool is_hex_bytes(std::string_view text) { return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), is_hex_digit); }

std::size_t digits_at(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) - text.begin());
}

// nan, inf, -inf, or what "%a" and float.hex() write: -0x1.8p+1; finite.
bool is_hex_float(const std::string& whole) {
  if (whole == "nan" || whole == "inf" || whole == "-inf") return true;
  std::string_view text = whole;
  if (text.substr(0, 1) == "-") text.remove_prefix(1);
  if (text.substr(0, 3) != "0x0" && text.substr(0, 3) != "0x1") return false;
  text.remove_prefix(3);
  if (text.substr(0, 1) == ".") {
    text.remove_prefix(1);
    const auto fraction = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_hex_digit) - text.begin());
    if (fraction == 0 || fraction > 13) return false;
    text.remove_prefix(fraction);
  }
  if (text.substr(0, 2) != "p+" && text.substr(0, 2) != "p-") return false;
  text.remove_prefix(2);
  const std::size_t exponent = digits_at(text);
  return exponent > 0 && exponent <= 4 && exponent == text.size() && std::isfinite(std::strtod(whole.c_str(), nullptr));
}

const std::string& text_of(const Json& json, const char* what) {
  require(json.is_string(), what);
  return json.get_ref<const std::string&>();
}

class Checker {
 public:
  explicit Checker(int deepest) : deepest_(deepest) {}

  // `key`: of a dict or in a set, so it must be hashable.
  void value(const Json& json, int depth, bool key) const {
    require(depth <= deepest_, "values nested too deep");
    switch (json.type()) {
      case Json::value_t::null:
      case Json::value_t::boolean:
      case Json::value_t::string:
        return;
      case Json::value_t::number_integer:
      case Json::value_t::number_unsigned:
        return integer(json);
      case Json::value_t::array:
        require(!key, "a list where a hashable value is due");
        return items(json, depth, false);
      case Json::value_t::object:
        require(json.size() == 1, "an object that is no tagged value");
        return tagged(json.begin().key(), json.begin().value(), depth, key);
      default:
        throw Malformed("a bare number with a fraction");
    }
  }

 private:
  void items(const Json& list, int depth, bool keys) const {
    require(list.is_array(), "a tag without its list");
    for (const Json& item : list) value(item, depth + 1, keys);
  }

  static void integer(const Json& json) {
    require(json.is_number_integer(), "not an integer");
    if (json.is_number_unsigned()) require(json.get<std::uint64_t>() <= static_cast<std::uint64_t>(kExactInt), "a bare integer beyond 2^53");
    else require(json.get<std::int64_t>() >= -kExactInt, "a bare integer beyond 2^53");
  }

  static void range_part(const Json& json) {
    if (!json.is_object()) return integer(json);
    require(json.size() == 1 && json.begin().key() == "i" && json.begin()->is_string() && is_hex_integer(json.begin()->get_ref<const std::string&>()),
            "a range of something else than integers");
  }

  void tagged(const std::string& tag, const Json& body, int depth, bool key) const {
    require(tag.size() == 1, "an unknown tag");
    switch (tag[0]) {
      case 'i':
        return require(is_hex_integer(text_of(body, "tag i without text")), "tag i without an integer");
      case 'f':
        return require(is_hex_float(text_of(body, "tag f without text")), "tag f without a float");
      case 't':
        return items(body, depth, key);
      case 's':
        require(!key, "a set where a hashable value is due");
        return items(body, depth, true);
      case 'z':
        return items(body, depth, true);
      case 'd':
        require(!key, "a dict where a hashable value is due");
        require(body.is_array(), "tag d without its list");
        for (const Json& pair : body) {
          require(pair.is_array() && pair.size() == 2, "a dict entry that is no pair");
          value(pair[0], depth + 1, true);
          value(pair[1], depth + 1, false);
        }
        return;
      case 'a':
        require(!key, "a bytearray where a hashable value is due");
        [[fallthrough]];
      case 'b':
        return require(is_hex_bytes(text_of(body, "bytes without text")), "bytes that are no hex digits");
      case 'c':
        require(body.is_array() && body.size() == 2, "a complex number without two parts");
        for (const Json& part : body) require(is_hex_float(text_of(part, "a part without text")), "a part that is no float");
        return;
      case 'r':
        require(body.is_array() && body.size() == 3, "a range without three parts");
        for (const Json& part : body) range_part(part);
        return require(body[2] != 0, "a range with step 0");
      case 'u':
        require(body.is_array(), "tag u without its list");
        for (const Json& point : body)
          require(point.is_number_unsigned() && point.get<std::uint64_t>() <= 0x10FFFF, "tag u with something else than code points");
        return;
      case 'y':
        return require(std::find(kTypeNames.begin(), kTypeNames.end(), text_of(body, "tag y without text")) != kTypeNames.end(), "an unknown type name");
      default:
        throw Malformed("an unknown tag");
    }
  }

  int deepest_;
};

long long number_of(const Json& message, std::size_t least, std::size_t most) {
  require(message.is_array() && message.size() >= least && message.size() <= most, "not a message");
  require(message[0].is_number_unsigned() && message[0].get<std::uint64_t>() <= static_cast<std::uint64_t>(kExactInt), "a message without its number");
  return message[0].get<long long>();
}

std::string canonical(const Json& message) { return message.dump(-1, ' ', true); }

RequestFrame checked_request(std::string_view body, const ProxyLimits& limits) {
  const Json message = parse(body, limits);
  RequestFrame frame;
  frame.number = number_of(message, 4, 4);
  frame.function = text_of(message[1], "a request without a function");
  require(message[2].is_array(), "arguments that are no list");
  require(message[3].is_object() && message[3].size() == 1 && message[3].begin().key() == "d", "keywords that are no dict");
  const Checker checker(limits.depth);
  checker.value(message[2], 0, false);
  checker.value(message[3], 0, false);
  for (const Json& pair : message[3].begin().value()) require(pair[0].is_string(), "a keyword that is no text");
  frame.canonical = canonical(message);
  return frame;
}

ReplyFrame checked_reply(std::string_view body, const ProxyLimits& limits) {
  using Kind = ReplyFrame::Kind;
  const Json message = parse(body, limits);
  ReplyFrame frame;
  frame.number = number_of(message, 2, 4);
  const std::string& kind = text_of(message[1], "a reply without its kind");
  const auto size = [&](std::size_t wanted) { require(message.size() == wanted, "a reply of another length"); };
  if (kind == "ready") {
    size(2);
  } else if (kind == "value") {
    size(3);
    frame.kind = Kind::kValue;
    Checker(limits.depth).value(message[2], 0, false);
  } else if (kind == "opaque") {
    size(3);
    frame.kind = Kind::kOpaque;
    frame.message = text_of(message[2], "a reply without its reason");
  } else if (kind == "raised" || kind == "broken") {
    size(4);
    frame.kind = kind == "raised" ? Kind::kRaised : Kind::kBroken;
    frame.name = text_of(message[2], "an exception without a type");
    frame.message = text_of(message[3], "an exception without a text");
  } else {
    throw Malformed("a reply of an unknown kind");
  }
  const bool first = frame.kind == Kind::kReady || frame.kind == Kind::kBroken;
  require(first == (frame.number == 0), "a reply with a wrong number");
  frame.canonical = canonical(message);
  return frame;
}

}  // namespace

RequestFrame read_request(std::string_view body, const ProxyLimits& limits) {
  try {
    return checked_request(body, limits);
  } catch (const Malformed& malformed) {
    RequestFrame frame;
    frame.problem = malformed.what();
    return frame;
  }
}

ReplyFrame read_reply(std::string_view body, const ProxyLimits& limits) {
  try {
    return checked_reply(body, limits);
  } catch (const Malformed& malformed) {
    ReplyFrame frame;
    frame.problem = malformed.what();
    return frame;
  }
}

}  // namespace laconic::verifiers::code
