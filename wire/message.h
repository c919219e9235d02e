// A message between hub and role: a fixed little-endian header, a small JSON frame, raw arrays.
// Byte layout: docs/formats.md.
//
// Frame 0, 40 bytes: magic "LACONIC1" (8), version u16, kind u16, array count u32, id u64,
// body length u64 (bytes of all later frames), XXH3-64 of all later frames u64.
// Frame 1: JSON (UTF-8). Frames 2…: one per array: the raw little-endian elements; their names and
// types stand in the JSON under "_arrays": [["tokens", "i32"], …].
#pragma once

#include <cstdint>
#include <cstring>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace laconic::wire {

enum class Kind : std::uint16_t {
  // role → hub
  kHello = 1,        // first message of a role: {role, index, pid, …}
  kReady = 2,        // configured (or weights loaded): {weights: {stage, version} | null}
  kResult = 3,       // a lease's result; id = lease id
  kFailure = 4,      // a lease (or the role) failed: {what, where, next, fatal}
  kHeartbeat = 5,    // {state, waiting_for, since}
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
};

struct Message {
  Kind kind = Kind::kHeartbeat;
  std::uint64_t id = 0;
  std::string json = "{}";
  std::vector<Array> arrays;

  // Throws Error when there is no such array, its type differs, or its size is not a multiple of T.
  template <class T>
  std::vector<T> array(const std::string& name) const {
    const Array& found = find(name, sizeof(T));
    std::vector<T> values(found.bytes.size() / sizeof(T));
    std::memcpy(values.data(), found.bytes.data(), found.bytes.size());
    return values;
  }
  bool has(const std::string& name) const;

 private:
  const Array& find(const std::string& name, std::size_t element_size) const;
};

std::vector<std::string> encode(const Message& message);           // frames
Message decode(const std::vector<std::string>& frames);            // throws Error on any malformation

}  // namespace laconic::wire
