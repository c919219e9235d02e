// Values that an answer's functions return, as data.
//
// On the wire a value is tagged JSON: null, true, strings, lists and integers up to ±2^53 stand for
// themselves; the rest is an object of one key (written by drivers/plain_values.py):
//   {"i": "-1f…"} larger int, hex      {"f": "0x1.8p+0"} float, hex, or "nan", "inf", "-inf"
//   {"u": [code points]} text with lone surrogates       {"c": [real, imaginary]} both as in "f"
//   {"t": […]} tuple   {"s": […]} set   {"z": […]} frozenset   {"d": [[key, value], …]} dict
//   {"b": "hex"} bytes   {"a": "hex"} bytearray   {"r": [start, stop, step]} range   {"y": "int"} a plain type
//
// There is no nonce: the answer could find it. What protects is that the program never knows the
// expected value, so that forging a value is no more than returning it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace laconic::verifiers::code {

struct Value {
  enum class Kind : std::uint8_t {
    kNone, kBool, kInt, kFloat, kText, kBytes, kByteArray, kComplex, kList, kTuple, kSet, kFrozenSet, kDict, kRange, kType
  };
  Kind kind = Kind::kNone;
  bool boolean = false;
  double number = 0, imaginary = 0;  // kFloat, kComplex
  // kInt: hex digits without leading zeros, "-" in front (hex, so that a hostile one of millions of digits costs
  // no conversion); kText: UTF-8, lone surrogates as three bytes; kBytes, kByteArray: raw; kType: its name
  std::string text;
  std::vector<Value> items;  // kDict: key, value, key, value, …; kRange: start, stop, step
};

constexpr int kMaxValueDepth = 64;
constexpr int kMaxValueNodes = 1000000;

// The value that `json` spells; nullopt for anything else: invalid JSON or UTF-8, an unknown tag,
// beyond either limit, members of a set or keys of a dict that are no hashable values. `problem`
// receives the reason, one line.
std::optional<Value> read_tagged(std::string_view json, std::string& problem);

// The one tagged form of a value: ASCII, no blanks.
std::string write_tagged(const Value& value);

// All of `bytes` must be one frame: four bytes of length, little-endian, then that many of
// {"v": VALUE} or {"error": "why there is none"}.
std::optional<Value> read_frame(std::string_view bytes, std::string& problem);

// Plain JSON, as data sets write expected values: an object is a dict.
std::optional<Value> read_plain(std::string_view json, std::string& problem);

struct ValueRule {
  double absolute = 1e-6, relative = 1e-6;  // of floats; an int and a float are compared as floats
};

// A bool equals only a bool; a tuple equals a list; NaN equals NaN; a set equals a set, or the list
// of its members in sorted order; a dict's int key equals a text key that spells it (JSON has no
// others); ranges and types equal only their like.
bool equal_values(const Value& got, const Value& expected, const ValueRule& rule = {});

std::string to_text(const Value& value);  // much like Python's repr, for explanations; shortened

}  // namespace laconic::verifiers::code
