// TensorBoard event files: scalars only, written without TensorFlow.
//
// A file is a sequence of records: length (u64 little-endian), masked CRC-32C of the length, payload,
// masked CRC-32C of the payload. A payload is a protobuf Event: 1 wall_time (double), 2 step (int64),
// 3 file_version (string, first record), 5 summary { 1 value { 1 tag, 2 simple_value (float) } }.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/file.h"

namespace laconic::pipeline {

std::uint32_t crc32c(std::string_view bytes);          // Castagnoli, reflected
std::uint32_t masked_crc32c(std::string_view bytes);   // rotated right by 15, plus 0xa282ead8

std::string event_record(double wall_time, std::int64_t step, const std::map<std::string, double>& scalars);
std::string version_record(double wall_time);

// Appends to one file of `folder`. Not thread-safe.
class EventWriter {
 public:
  EventWriter(const fs::path& folder, double wall_time);  // events.out.tfevents.TIME.laconic
  void write(double wall_time, std::int64_t step, const std::map<std::string, double>& scalars);

 private:
  fs::path file_;
};

}  // namespace laconic::pipeline
