// Text whose every byte knows where it comes from: what a template writes itself, or a message's words.
// Special tokens are recognised in the template's bytes alone, so that no message can forge one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace laconic::model {

enum class TextOrigin : char {
  kTemplate = 0,
  kMessage,  // a system text, an earlier answer
  kUser      // the user's words
};

struct MarkedText {
  std::string bytes;
  std::string origins;  // a TextOrigin per byte; as long as `bytes`

  MarkedText() = default;
  explicit MarkedText(std::string_view text, TextOrigin origin = TextOrigin::kTemplate)
      : bytes(text), origins(text.size(), static_cast<char>(origin)) {}

  std::size_t size() const { return bytes.size(); }
  TextOrigin origin(std::size_t at) const { return static_cast<TextOrigin>(origins[at]); }
  void append(std::string_view text, TextOrigin origin = TextOrigin::kTemplate) {
    bytes += text;
    origins.append(text.size(), static_cast<char>(origin));
  }
  void append(const MarkedText& text) {
    bytes += text.bytes;
    origins += text.origins;
  }
  MarkedText substr(std::size_t begin, std::size_t length = std::string::npos) const {
    MarkedText part;
    part.bytes = bytes.substr(begin, length);
    part.origins = origins.substr(begin, length);
    return part;
  }
};

}  // namespace laconic::model
