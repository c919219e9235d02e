// A message between hub and role: a fixed little-endian header, a small JSON frame, raw arrays.
// Byte layout: docs/formats.md.
//
// Frame 0, 40 bytes: magic "LACONIC1" (8), version u16, kind u16, array count u32, id u64,
// body length u64 (bytes of all later frames), XXH3-64 of the 32 bytes before it and all later frames.
// Frame 1: JSON (UTF-8). Frames 2…: one per array: the raw little-endian elements; their names,
// types and element counts stand in the JSON under "_arrays": [["tokens", "i32", 17], …].
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace laconic::wire {

enum class Kind : std::uint16_t {
  // role → hub
  kHello = 1,        // first message of a role: {role, index, pid, …}
  kReady = 2,        // configured (or weights loaded): {weights: {stage, version} | null}
  kResult = 3,       // a lease's result; id = lease id
  kFailure = 4,      // a lease (or the role) failed: {what, where, next, fatal}
  kHeartbeat = 5,    // {state, waiting_for, since}; the hub's socket answers with an empty one
  // hub → role
  kConfigure = 16,   // the role's options
  kWeights = 17,     // {stage, version, path, hash}: load, then answer kReady
  kLease = 18,       // work; id = lease id; {ticket, deadline_s, …}
  kCancel = 19,      // id = lease id: forget it
  kStop = 20,        // finish and exit
};

struct Array {
  std::string name;
  std::string type;   // "i32" "u16" "f32" "f64" "u8"
  std::string bytes;  // raw little-endian

  template <class T>
  static Array of(std::string name, std::string type, std::span<const T> values) {
    return {std::move(name), std::move(type), std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes())};
  }
  template <class T>
  static Array of(std::string name, const std::vector<T>& values) {
    return of(std::move(name), type_name<T>(), std::span<const T>(values));
  }
  template <class T>
  static constexpr const char* type_name() {
    if constexpr (std::is_same_v<T, std::int32_t>) return "i32";
    else if constexpr (std::is_same_v<T, std::uint16_t>) return "u16";
    else if constexpr (std::is_same_v<T, float>) return "f32";
    else if constexpr (std::is_same_v<T, double>) return "f64";
    else return byte_name<T>();
  }

 private:
  template <class T>
  static constexpr const char* byte_name() {
    static_assert(std::is_same_v<T, std::uint8_t>, "not an element type of the wire");
    return "u8";
  }
};

struct Message {
  Kind kind = Kind::kHeartbeat;
  std::uint64_t id = 0;
  std::string json = "{}";
  std::vector<Array> arrays;

  // Throws Error when there is no such array, its type differs, or its size is not a multiple of T.
  template <class T>
  std::vector<T> array(const std::string& name) const {
    const Array& found = find(name, Array::type_name<T>(), sizeof(T));
    std::vector<T> values(found.bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), found.bytes.data(), found.bytes.size());
    return values;
  }
  bool has(const std::string& name) const;

 private:
  const Array& find(const std::string& name, const char* type, std::size_t element_size) const;
};

std::string_view name_of(Kind kind);  // "lease"; "?" for a number that is no kind

// encode throws Error when the JSON is not an object of valid UTF-8 or an array is not whole
// elements of a known type: what it returns always decodes. decode throws Error on any malformation.
std::vector<std::string> encode(const Message& message);  // frames
Message decode(const std::vector<std::string>& frames);

}  // namespace laconic::wire
