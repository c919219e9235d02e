// Arrays as compact blobs, for the store. The layout is fixed, little-endian and documented here:
//
//   byte 0      coding: 0 = elements as they are, 1 = one zstd frame of them
//   byte 1      bytes per stored element: 1, 2 or 4 (16-bit ids that all fit in 8 bits are stored so)
//   bytes 2–3   zero
//   bytes 4–7   u32: low half of the XXH3-64 of the uncompressed elements
//   bytes 8–15  u64: bytes of the uncompressed elements
//   bytes 16–   the elements, or the frame
//
// Floats are stored bit for bit, NaN payloads included. An empty array is an empty blob.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trajectory/record.h"

namespace laconic::trajectory {

std::string encode_array(std::span<const std::int32_t> values);
std::string encode_array(std::span<const float> values);
std::string encode_array(std::span<const std::uint16_t> values);

// Throw Error naming `where` when the blob is truncated, altered or of another element size.
std::vector<std::int32_t> decode_int32(std::string_view blob, const std::string& where);
std::vector<float> decode_float(std::string_view blob, const std::string& where);
std::vector<std::uint16_t> decode_uint16(std::string_view blob, const std::string& where);

// Spans as an int32 array of (source, weight version, start, length).
std::string encode_spans(std::span<const Span> spans);
std::vector<Span> decode_spans(std::string_view blob, const std::string& where);

}  // namespace laconic::trajectory
