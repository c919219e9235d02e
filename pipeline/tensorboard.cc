#include "pipeline/tensorboard.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace laconic::pipeline {
namespace {

template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}

// Protobuf fields by wire type: 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32.
std::string double_field(int number, double value) { return varint(number << 3 | 1) + little_endian(value); }
std::string float_field(int number, float value) { return varint(number << 3 | 5) + little_endian(value); }
std::string int_field(int number, std::int64_t value) { return varint(number << 3) + varint(static_cast<std::uint64_t>(value)); }
std::string bytes_field(int number, std::string_view value) { return varint(number << 3 | 2) + varint(value.size()) + std::string(value); }

std::string record(const std::string& payload) {
  const std::string length = little_endian<std::uint64_t>(payload.size());
  return length + little_endian(masked_crc32c(length)) + payload + little_endian(masked_crc32c(payload));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
      t[i] = crc;
    }
    return t;
  }();
  std::uint32_t crc = ~0u;
  for (const unsigned char c : bytes) crc = table[(crc ^ c) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

std::string version_record(double wall_time) { return record(double_field(1, wall_time) + bytes_field(3, "brain.Event:2")); }

std::string event_record(double wall_time, std::int64_t step, const std::map<std::string, double>& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars)
    summary += bytes_field(1, bytes_field(1, tag) + float_field(2, static_cast<float>(value)));
  return record(double_field(1, wall_time) + int_field(2, step) + bytes_field(5, summary));
}

EventWriter::EventWriter(const fs::path& folder, double wall_time)
    : file_(folder / fmt::format("events.out.tfevents.{:.3f}.laconic", wall_time)) {
  append_file(file_, version_record(wall_time));
}

void EventWriter::write(double wall_time, std::int64_t step, const std::map<std::string, double>& scalars) {
  append_file(file_, event_record(wall_time, step, scalars));
}

}  // namespace laconic::pipeline
