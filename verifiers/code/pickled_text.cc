#include "verifiers/code/pickled_text.h"

#include <cstdint>

namespace laconic::verifiers::code {
namespace {

// Opcodes of CPython's Lib/pickletools.py.
enum Opcode : unsigned char {
  kProto = 0x80,
  kFrame = 0x95,
  kShortBinUnicode = 0x8C,  // length in 1 byte
  kBinUnicode = 'X',        // in 4
  kBinUnicode8 = 0x8D,      // in 8
  kMemoize = 0x94,
  kBinPut = 'q',            // index in 1 byte
  kLongBinPut = 'r',        // in 4
  kStop = '.',
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool eat(unsigned char opcode) {
    if (rest_.empty() || static_cast<unsigned char>(rest_[0]) != opcode) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<std::uint64_t> number(std::size_t bytes) {
    if (rest_.size() < bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << 8 * i;
    rest_.remove_prefix(bytes);
    return value;
  }
  std::optional<std::string_view> bytes(std::uint64_t count) {
    if (rest_.size() < count) return std::nullopt;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  // Frames only tell a reader how far to read ahead; they stand between opcodes.
  bool skip_frames() {
    while (eat(kFrame)) {
      const auto length = number(8);
      if (!length || *length > rest_.size()) return false;
    }
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<std::string_view> pickled_text(std::string_view pickle) {
  Reader reader(pickle);
  const auto protocol = reader.eat(kProto) ? reader.number(1) : std::nullopt;
  if (!protocol || *protocol < 2 || *protocol > 5 || !reader.skip_frames()) return std::nullopt;
  const std::size_t width = reader.eat(kShortBinUnicode) ? 1 : reader.eat(kBinUnicode) ? 4 : reader.eat(kBinUnicode8) ? 8 : 0;
  if (width == 0) return std::nullopt;
  const auto length = reader.number(width);
  const auto text = length ? reader.bytes(*length) : std::nullopt;
  if (!text || !reader.skip_frames()) return std::nullopt;
  if (reader.eat(kBinPut)) {
    if (!reader.number(1)) return std::nullopt;
  } else if (reader.eat(kLongBinPut)) {
    if (!reader.number(4)) return std::nullopt;
  } else {
    reader.eat(kMemoize);
  }
  if (!reader.skip_frames() || !reader.eat(kStop) || !reader.at_end()) return std::nullopt;
  return text;
}

}  // namespace laconic::verifiers::code
