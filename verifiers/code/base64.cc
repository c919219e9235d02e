#include "verifiers/code/base64.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace laconic::verifiers::code {
namespace {

constexpr std::array<signed char, 256> kDigits = [] {
  std::array<signed char, 256> digits{};
  digits.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
  return digits;
}();

}  // namespace

std::optional<std::string> base64_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  unsigned bits = 0;
  int digits = 0, padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0 || padding != 0) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(digit);
    if (++digits == 4) {
      out += {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)};
      bits = 0;
      digits = 0;
    }
  }
  if (digits == 0) return padding == 0 ? std::optional(std::move(out)) : std::nullopt;
  if (digits == 1 || digits + padding != 4 || (bits & ((1u << (digits == 2 ? 4 : 2)) - 1)) != 0) return std::nullopt;
  out += static_cast<char>(bits >> (digits == 2 ? 4 : 10));
  if (digits == 3) out += static_cast<char>(bits >> 2);
  return out;
}

std::optional<std::string> inflated(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  std::string out;
  std::array<char, 1 << 16> buffer;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  std::size_t left = bytes.size();
  int status = Z_OK;
  while (status == Z_OK && out.size() <= limit) {
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(left, 1 << 30));
      left -= stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    status = inflate(&stream, Z_NO_FLUSH);  // Z_BUF_ERROR at a stream cut short
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0 && left == 0 && out.size() <= limit;
  inflateEnd(&stream);
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace laconic::verifiers::code
