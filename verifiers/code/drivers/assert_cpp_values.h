// C++ values as tagged JSON, and frames of it on a descriptor. Placed in front of both programs of a
// C++ assert-style test. Declares no name outside its namespace, so that an answer may use any; the
// tags are listed in verifiers/code/proxy_value.h.
#include <sys/syscall.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

extern "C" long syscall(long, ...) noexcept;

namespace laconic_box {

constexpr int kChannel = 4;
constexpr long long kExactInt = 1LL << 53;

[[noreturn]] inline void leave(int code) {
  while (true) ::syscall(SYS_exit_group, code);  // no destructors, no atexit
}

[[noreturn]] inline void mismatch(const char* wanted);  // a value is not of the type that the declaration names

// ---- writing ----

template <class T, class = void> struct Plain;  // defined for the types that can cross

template <class T> void put(std::string& out, const T& value) { Plain<T>::put(out, value); }

template <class Range> void put_list(std::string& out, const Range& range) {
  out += '[';
  bool first = true;
  for (const auto& item : range) {
    if (!first) out += ',';
    first = false;
    put<typename Range::value_type>(out, item);
  }
  out += ']';
}

// ---- reading: the relay passes canonical JSON only, so every byte is expected or a mismatch ----

struct Reader {
  const char* at;
  const char* end;

  bool eat(const char* text) {
    const std::size_t size = std::strlen(text);
    if (std::size_t(end - at) < size || std::memcmp(at, text, size) != 0) return false;
    at += size;
    return true;
  }
  void expect(const char* text, const char* wanted) {
    if (!eat(text)) mismatch(wanted);
  }
  std::string until_quote(const char* wanted) {
    const char* start = at;
    while (at < end && *at != '"') ++at;
    if (at == end) mismatch(wanted);
    return std::string(start, at++);
  }
  template <class Each> void list(const char* wanted, Each each) {
    expect("[", wanted);
    if (eat("]")) return;
    do each(); while (eat(","));
    expect("]", wanted);
  }
};

template <class T> T get(Reader& in) { return Plain<T>::get(in); }

// ---- the types ----

template <> struct Plain<bool> {
  static void put(std::string& out, bool value) { out += value ? "true" : "false"; }
  static bool get(Reader& in) {
    if (in.eat("true")) return true;
    in.expect("false", "a bool");
    return false;
  }
};

template <class T> struct Plain<T, std::enable_if_t<std::is_integral_v<T>>> {
  static void put(std::string& out, T value) {
    char text[40];
    const bool negative = std::is_signed_v<T> && value < T(0);
    const unsigned long long size = negative ? 0ULL - (unsigned long long)value : (unsigned long long)value;
    if (size <= (unsigned long long)kExactInt) std::snprintf(text, sizeof text, "%s%llu", negative ? "-" : "", size);
    else std::snprintf(text, sizeof text, "{\"i\":\"%s%llx\"}", negative ? "-" : "", size);
    out += text;
  }
  static T get(Reader& in) {
    const bool tagged = in.eat("{\"i\":\"");
    const bool negative = in.eat("-");
    unsigned long long size = 0;
    int digits = 0;
    for (; in.at < in.end; ++in.at, ++digits) {
      const char c = *in.at;
      const int digit = c >= '0' && c <= '9' ? c - '0' : tagged && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) break;
      if (digits == 16) mismatch("an integer of its type");
      size = size * (tagged ? 16 : 10) + digit;
    }
    if (digits == 0) mismatch("an integer");
    if (tagged) in.expect("\"}", "an integer");
    const unsigned long long most = (unsigned long long)std::numeric_limits<T>::max();
    if (size > most + (negative && std::is_signed_v<T> ? 1 : 0) || (negative && size != 0 && !std::is_signed_v<T>)) mismatch("an integer of its type");
    return negative ? T(0ULL - size) : T(size);
  }
};

template <class T> struct Plain<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  static_assert(sizeof(T) <= 8, "long double cannot cross");
  static void put(std::string& out, T value) {
    char text[64];
    if (std::isnan(value)) std::snprintf(text, sizeof text, "{\"f\":\"nan\"}");
    else std::snprintf(text, sizeof text, "{\"f\":\"%a\"}", double(value));
    out += text;
  }
  static T get(Reader& in) {
    in.expect("{\"f\":\"", "a floating-point number");
    const std::string text = in.until_quote("a floating-point number");
    in.expect("}", "a floating-point number");
    return T(std::strtod(text.c_str(), nullptr));
  }
};

template <> struct Plain<std::string> {
  static void put(std::string& out, const std::string& value) {
    static const char digits[] = "0123456789abcdef";
    out += "{\"b\":\"";
    for (const char c : value) {
      out += digits[(unsigned char)c >> 4];
      out += digits[(unsigned char)c & 15];
    }
    out += "\"}";
  }
  static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
  static std::string get(Reader& in) {
    in.expect("{\"b\":\"", "a string");
    const std::string text = in.until_quote("a string");
    in.expect("}", "a string");
    std::string value;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) value += char(digit(text[i]) * 16 + digit(text[i + 1]));
    return value;
  }
};

template <class C> struct PlainSequence {
  static void put(std::string& out, const C& value) { put_list(out, value); }
  static C get(Reader& in) {
    C value;
    in.list("a list", [&] { value.push_back(laconic_box::get<typename C::value_type>(in)); });
    return value;
  }
};
template <class T, class A> struct Plain<std::vector<T, A>> : PlainSequence<std::vector<T, A>> {};
template <class T, class A> struct Plain<std::deque<T, A>> : PlainSequence<std::deque<T, A>> {};
template <class T, class A> struct Plain<std::list<T, A>> : PlainSequence<std::list<T, A>> {};

template <class T, std::size_t N> struct Plain<std::array<T, N>> {
  static void put(std::string& out, const std::array<T, N>& value) { put_list(out, value); }
  static std::array<T, N> get(Reader& in) {
    std::array<T, N> value{};
    std::size_t i = 0;
    in.list("an array", [&] {
      if (i == N) mismatch("an array of its size");
      value[i++] = laconic_box::get<T>(in);
    });
    if (i != N) mismatch("an array of its size");
    return value;
  }
};

template <class C> struct PlainSet {
  static void put(std::string& out, const C& value) {
    out += "{\"s\":";
    put_list(out, value);
    out += '}';
  }
  static C get(Reader& in) {
    C value;
    in.expect("{\"s\":", "a set");
    in.list("a set", [&] { value.insert(laconic_box::get<typename C::value_type>(in)); });
    in.expect("}", "a set");
    return value;
  }
};
template <class... T> struct Plain<std::set<T...>> : PlainSet<std::set<T...>> {};
template <class... T> struct Plain<std::unordered_set<T...>> : PlainSet<std::unordered_set<T...>> {};

template <class C> struct PlainMap {
  static void put(std::string& out, const C& value) {
    out += "{\"d\":[";
    bool first = true;
    for (const auto& item : value) {
      out += first ? "[" : ",[";
      first = false;
      laconic_box::put<typename C::key_type>(out, item.first);
      out += ',';
      laconic_box::put<typename C::mapped_type>(out, item.second);
      out += ']';
    }
    out += "]}";
  }
  static C get(Reader& in) {
    C value;
    in.expect("{\"d\":", "a map");
    in.list("a map", [&] {
      in.expect("[", "a map");
      auto key = laconic_box::get<typename C::key_type>(in);
      in.expect(",", "a map");
      value.insert({std::move(key), laconic_box::get<typename C::mapped_type>(in)});
      in.expect("]", "a map");
    });
    in.expect("}", "a map");
    return value;
  }
};
template <class... T> struct Plain<std::map<T...>> : PlainMap<std::map<T...>> {};
template <class... T> struct Plain<std::unordered_map<T...>> : PlainMap<std::unordered_map<T...>> {};

template <class... T> struct Plain<std::tuple<T...>> {
  static void put(std::string& out, const std::tuple<T...>& value) {
    out += "{\"t\":[";
    bool first = true;
    std::apply([&](const auto&... item) { ((first ? void() : void(out += ','), first = false, laconic_box::put<T>(out, item)), ...); }, value);
    out += "]}";
  }
  template <class U> static U next(Reader& in, bool& first) {
    if (!first) in.expect(",", "a tuple");
    first = false;
    return laconic_box::get<U>(in);
  }
  static std::tuple<T...> get(Reader& in) {
    in.expect("{\"t\":[", "a tuple");
    bool first = true;
    std::tuple<T...> value{next<T>(in, first)...};  // braces: left to right
    in.expect("]}", "a tuple");
    return value;
  }
};
template <class A, class B> struct Plain<std::pair<A, B>> {
  static void put(std::string& out, const std::pair<A, B>& value) { laconic_box::put<std::tuple<A, B>>(out, value); }
  static std::pair<A, B> get(Reader& in) {
    std::tuple<A, B> value = laconic_box::get<std::tuple<A, B>>(in);
    return {std::move(std::get<0>(value)), std::move(std::get<1>(value))};
  }
};

// ---- frames: the length as four bytes, little-endian, then JSON ----

inline void send(int fd, const std::string& body) {
  const unsigned size = unsigned(body.size());
  std::string frame{char(size), char(size >> 8), char(size >> 16), char(size >> 24)};
  frame += body;
  for (std::size_t done = 0; done < frame.size();) {
    const long n = ::syscall(SYS_write, long(fd), frame.data() + done, frame.size() - done);
    if (n <= 0) leave(1);
    done += std::size_t(n);
  }
}

inline bool read_exactly(int fd, char* to, std::size_t size) {
  while (size > 0) {
    const long n = ::syscall(SYS_read, long(fd), to, size);
    if (n <= 0) return false;
    to += n;
    size -= std::size_t(n);
  }
  return true;
}

inline bool receive(int fd, std::string& body) {
  unsigned char head[4];
  if (!read_exactly(fd, reinterpret_cast<char*>(head), 4)) return false;
  body.resize(head[0] | std::size_t(head[1]) << 8 | std::size_t(head[2]) << 16 | std::size_t(head[3]) << 24);
  return read_exactly(fd, &body[0], body.size());
}

}  // namespace laconic_box
