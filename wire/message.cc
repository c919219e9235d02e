#include "wire/message.h"

#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace laconic::wire {
namespace {

using nlohmann::json;

constexpr char kMagic[8] = {'L', 'A', 'C', 'O', 'N', 'I', 'C', '1'};
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 40, kHashedHeaderBytes = 32;
constexpr std::size_t kMostArrays = 64;
constexpr std::size_t kMostJsonBytes = std::size_t{256} << 20;

std::size_t element_size(const std::string& type) {
  if (type == "i32" || type == "f32") return 4;
  if (type == "u16") return 2;
  if (type == "f64") return 8;
  if (type == "u8") return 1;
  return 0;
}

bool is_kind(std::uint16_t number) {
  return (number >= 1 && number <= 5) || (number >= 16 && number <= 20);
}

[[noreturn]] void malformed(const std::string& what) { throw Error("malformed message: " + what, "wire"); }

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
template <class T>
T get(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// XXH3-64 over the header's first 32 bytes and every later frame.
std::uint64_t hash_of(const std::vector<std::string>& frames) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  XXH3_64bits_update(state.get(), frames[0].data(), kHashedHeaderBytes);
  for (std::size_t i = 1; i < frames.size(); ++i) XXH3_64bits_update(state.get(), frames[i].data(), frames[i].size());
  return XXH3_64bits_digest(state.get());
}

std::uint64_t body_bytes(const std::vector<std::string>& frames) {
  std::uint64_t total = 0;
  for (std::size_t i = 1; i < frames.size(); ++i) total += frames[i].size();
  return total;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kHello: return "hello";
    case Kind::kReady: return "ready";
    case Kind::kResult: return "result";
    case Kind::kFailure: return "failure";
    case Kind::kHeartbeat: return "heartbeat";
    case Kind::kConfigure: return "configure";
    case Kind::kWeights: return "weights";
    case Kind::kLease: return "lease";
    case Kind::kCancel: return "cancel";
    case Kind::kStop: return "stop";
  }
  return "?";
}

bool Message::has(const std::string& name) const {
  return std::any_of(arrays.begin(), arrays.end(), [&](const Array& a) { return a.name == name; });
}

const Array& Message::find(const std::string& name, const char* type, std::size_t size) const {
  for (const Array& a : arrays) {
    if (a.name != name) continue;
    if (a.type != type) malformed("array `" + name + "` is of type " + a.type + ", not " + type);
    if (a.bytes.size() % size != 0) malformed("array `" + name + "` is " + std::to_string(a.bytes.size()) + " bytes, not whole " + type);
    return a;
  }
  malformed(std::string(name_of(kind)) + " has no array `" + name + "`");
}

std::vector<std::string> encode(const Message& message) {
  json body = json::parse(message.json, nullptr, false);
  if (!body.is_object()) malformed("its JSON is not an object: " + message.json.substr(0, 80));
  if (message.arrays.size() > kMostArrays) malformed(std::to_string(message.arrays.size()) + " arrays");
  json index = json::array();
  std::set<std::string> names;
  for (const Array& a : message.arrays) {
    const std::size_t size = element_size(a.type);
    if (size == 0) malformed("array `" + a.name + "` has unknown type `" + a.type + "`");
    if (a.bytes.size() % size != 0) malformed("array `" + a.name + "` is not whole elements");
    if (!names.insert(a.name).second) malformed("array `" + a.name + "` appears twice");
    index.push_back({a.name, a.type, a.bytes.size() / size});
  }
  body["_arrays"] = std::move(index);

  std::vector<std::string> frames{std::string(kHeaderBytes, '\0')};
  try {
    frames.push_back(body.dump());
  } catch (const json::exception& error) {
    malformed(std::string("its JSON is not valid UTF-8: ") + error.what());
  }
  if (frames[1].size() > kMostJsonBytes) malformed("its JSON has " + std::to_string(frames[1].size()) + " bytes");
  for (const Array& a : message.arrays) frames.push_back(a.bytes);

  std::string& header = frames[0];
  std::memcpy(header.data(), kMagic, sizeof kMagic);
  put(header, 8, kVersion);
  put(header, 10, static_cast<std::uint16_t>(message.kind));
  put(header, 12, static_cast<std::uint32_t>(message.arrays.size()));
  put(header, 16, message.id);
  put(header, 24, body_bytes(frames));
  put(header, 32, hash_of(frames));
  return frames;
}

Message decode(const std::vector<std::string>& frames) {
  if (frames.size() < 2) malformed(std::to_string(frames.size()) + " frames, at least 2 are needed");
  const std::string& header = frames[0];
  if (header.size() != kHeaderBytes) malformed("header of " + std::to_string(header.size()) + " bytes, not 40");
  if (std::memcmp(header.data(), kMagic, sizeof kMagic) != 0) malformed("wrong magic");
  if (const auto version = get<std::uint16_t>(header, 8); version != kVersion)
    throw Error("message of protocol version " + std::to_string(version) + ", this build speaks " + std::to_string(kVersion), "wire",
                "run hub and roles from one build");
  const auto kind = get<std::uint16_t>(header, 10);
  if (!is_kind(kind)) malformed("unknown kind " + std::to_string(kind));
  const auto count = get<std::uint32_t>(header, 12);
  if (count > kMostArrays || count + 2 != frames.size())
    malformed(std::to_string(count) + " arrays announced, " + std::to_string(frames.size() - 2) + " came");
  if (get<std::uint64_t>(header, 24) != body_bytes(frames)) malformed("body length differs from the header's");
  if (get<std::uint64_t>(header, 32) != hash_of(frames)) malformed("checksum differs");
  if (frames[1].size() > kMostJsonBytes) malformed("its JSON has " + std::to_string(frames[1].size()) + " bytes");

  json body = json::parse(frames[1], nullptr, false);
  if (!body.is_object()) malformed("frame 1 is not a JSON object");
  const json index = body.value("_arrays", json());
  if (!index.is_array() || index.size() != count) malformed("`_arrays` does not list the arrays");
  body.erase("_arrays");

  Message message{static_cast<Kind>(kind), get<std::uint64_t>(header, 16), {}, {}};
  std::set<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const json& entry = index[i];
    if (!entry.is_array() || entry.size() != 3 || !entry[0].is_string() || !entry[1].is_string() || !entry[2].is_number_unsigned())
      malformed("`_arrays` entry " + std::to_string(i) + " is not [name, type, count]");
    Array array{entry[0], entry[1], frames[i + 2]};
    const std::size_t size = element_size(array.type);
    if (size == 0) malformed("array `" + array.name + "` has unknown type `" + array.type + "`");
    if (array.bytes.size() % size != 0 || array.bytes.size() / size != entry[2].get<std::uint64_t>())
      malformed("array `" + array.name + "` is " + std::to_string(array.bytes.size()) + " bytes, not " + entry[2].dump() + " " + array.type);
    if (!names.insert(array.name).second) malformed("array `" + array.name + "` appears twice");
    message.arrays.push_back(std::move(array));
  }
  message.json = body.dump();
  return message;
}

}  // namespace laconic::wire
