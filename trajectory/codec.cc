#include "trajectory/codec.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <zstd.h>

#include "base/error.h"
#include "base/hash.h"

namespace laconic::trajectory {
namespace {

constexpr std::size_t kHeader = 16;
constexpr int kLevel = 3;

enum Coding : char { kPlain = 0, kZstd = 1 };

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::string encode_bytes(std::string_view raw, int element_bytes) {
  if (raw.empty()) return {};
  std::string blob(kHeader + ZSTD_compressBound(raw.size()), '\0');
  std::size_t size = ZSTD_compress(blob.data() + kHeader, blob.size() - kHeader, raw.data(), raw.size(), kLevel);
  blob[0] = kZstd;
  if (ZSTD_isError(size) || size >= raw.size()) {  // floats of low redundancy: not worth a frame
    blob[0] = kPlain;
    size = raw.size();
    std::memcpy(blob.data() + kHeader, raw.data(), size);
  }
  blob[1] = static_cast<char>(element_bytes);
  const auto check = static_cast<std::uint32_t>(xxh3(raw));
  const std::uint64_t length = raw.size();
  std::memcpy(blob.data() + 4, &check, sizeof check);
  std::memcpy(blob.data() + 8, &length, sizeof length);
  blob.resize(kHeader + size);
  return blob;
}

struct Decoded {
  std::string raw;
  int element_bytes = 0;
};

Decoded decode_bytes(std::string_view blob, const std::string& where) {
  const auto damaged = [&](const std::string& why) {
    return Error("an array in the store is damaged: " + why, where,
                 "copy the run folder away; `laconic doctor` checks the disk");
  };
  if (blob.size() <= kHeader) throw damaged(fmt::format("{} bytes, but the header alone has {}", blob.size(), kHeader));
  std::uint32_t check = 0;
  std::uint64_t length = 0;
  std::memcpy(&check, blob.data() + 4, sizeof check);
  std::memcpy(&length, blob.data() + 8, sizeof length);
  const std::string_view body = blob.substr(kHeader);
  Decoded out;
  out.element_bytes = blob[1];
  if (blob[0] == kPlain) {
    out.raw = std::string(body);
  } else if (blob[0] == kZstd) {
    // The frame states its own size; a header that disagrees must not size an allocation.
    if (ZSTD_getFrameContentSize(body.data(), body.size()) != length) throw damaged("its frame and header disagree on the length");
    out.raw.resize(length);
    const std::size_t size = ZSTD_decompress(out.raw.data(), out.raw.size(), body.data(), body.size());
    if (ZSTD_isError(size)) throw damaged(ZSTD_getErrorName(size));
    out.raw.resize(size);
  } else {
    throw damaged(fmt::format("unknown coding {}", static_cast<int>(blob[0])));
  }
  if (out.raw.size() != length) throw damaged(fmt::format("{} bytes, but its header says {}", out.raw.size(), length));
  if (static_cast<std::uint32_t>(xxh3(out.raw)) != check) throw damaged("its checksum does not match");
  if (out.element_bytes < 1 || length % out.element_bytes) throw damaged("its length is not a whole number of elements");
  return out;
}

template <class T>
std::vector<T> decode_as(std::string_view blob, const std::string& where) {
  if (blob.empty()) return {};
  const Decoded decoded = decode_bytes(blob, where);
  if (decoded.element_bytes != sizeof(T))
    throw Error(fmt::format("an array in the store has {}-byte elements, expected {}", decoded.element_bytes, sizeof(T)), where);
  std::vector<T> values(decoded.raw.size() / sizeof(T));
  std::memcpy(values.data(), decoded.raw.data(), decoded.raw.size());
  return values;
}

}  // namespace

std::string encode_array(std::span<const std::int32_t> values) { return encode_bytes(bytes_of(values), 4); }
std::string encode_array(std::span<const float> values) { return encode_bytes(bytes_of(values), 4); }

std::string encode_array(std::span<const std::uint16_t> values) {
  if (std::any_of(values.begin(), values.end(), [](std::uint16_t v) { return v > 255; })) return encode_bytes(bytes_of(values), 2);
  return encode_bytes(std::string(values.begin(), values.end()), 1);
}

std::vector<std::int32_t> decode_int32(std::string_view blob, const std::string& where) { return decode_as<std::int32_t>(blob, where); }
std::vector<float> decode_float(std::string_view blob, const std::string& where) { return decode_as<float>(blob, where); }

std::vector<std::uint16_t> decode_uint16(std::string_view blob, const std::string& where) {
  if (blob.size() <= kHeader || blob[1] != 1) return decode_as<std::uint16_t>(blob, where);
  const std::vector<std::uint8_t> narrow = decode_as<std::uint8_t>(blob, where);
  return {narrow.begin(), narrow.end()};
}

std::string encode_spans(std::span<const Span> spans) {
  std::vector<std::int32_t> flat;
  for (const Span& s : spans) flat.insert(flat.end(), {static_cast<std::int32_t>(s.source), s.weight_version, s.start, s.length});
  return encode_array(flat);
}

std::vector<Span> decode_spans(std::string_view blob, const std::string& where) {
  const std::vector<std::int32_t> flat = decode_int32(blob, where);
  std::vector<Span> spans;
  for (std::size_t i = 0; i + 3 < flat.size(); i += 4) {
    if (flat[i] < 0 || flat[i] > static_cast<std::int32_t>(Source::kEnvironment))
      throw Error(fmt::format("a span in the store has the unknown source {}", flat[i]), where);
    spans.push_back({static_cast<Source>(flat[i]), flat[i + 1], flat[i + 2], flat[i + 3]});
  }
  return spans;
}

}  // namespace laconic::trajectory
