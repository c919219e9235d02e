// What may cross between the answer's process and the trusted test program: plain data, exactly.
//
// Tagged JSON, lossless both ways (values.h is the form for comparing; here nothing is compared).
// null, true, integers within ±2^53, strings and lists stand for themselves; the rest is an object of
// one key:
//   {"i": "-1f…"} integer, hex           {"f": "0x1.8p+1" | "nan" | "inf" | "-inf"} float
//   {"t": […]} tuple                     {"d": [[key, value], …]} dict
//   {"s": […]} set   {"z": […]} frozenset  {"b": "hex"} bytes (C++: string)  {"a": "hex"} bytearray
//   {"c": [real, imaginary]} complex, as in "f"   {"r": [start, stop, step]} range
//   {"u": [code points]} text that is no valid UTF-8      {"y": "int"} a built-in type
// The Python and C++ sides are drivers/plain_values.py and drivers/assert_cpp_values.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace laconic::verifiers::code {

struct ProxyLimits {
  std::size_t frame_bytes = std::size_t{4} << 20;
  int depth = 64;                // of values in values
  std::size_t nodes = 2000000;   // JSON values in one frame, opening and closing counted apart
};

// A frame's body, checked. `problem` is empty when it is well formed, and then `canonical` is the same
// message written anew, in ASCII without blanks: nothing of the sender's own bytes goes further.
struct RequestFrame {
  long long number = 0;
  std::string function;
  std::string canonical, problem;
};

struct ReplyFrame {
  enum class Kind { kReady, kBroken, kValue, kRaised, kOpaque } kind = Kind::kReady;
  long long number = 0;
  std::string name, message;  // kBroken, kRaised: type and text of the exception; kOpaque: message alone
  std::string canonical, problem;
};

// [n, function, [argument, …], {"d": [[keyword, value], …]}]
RequestFrame read_request(std::string_view body, const ProxyLimits& limits = {});

// [0, "ready"], [0, "broken", type, message], [n, "value", v], [n, "raised", type, message] or
// [n, "opaque", what].
ReplyFrame read_reply(std::string_view body, const ProxyLimits& limits = {});

}  // namespace laconic::verifiers::code
