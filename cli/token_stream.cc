#include "cli/token_stream.h"

#include <algorithm>

namespace laconic::cli {
namespace {

// Bytes at the end of `text` that could be the beginning of a character: 0 … 3.
std::size_t unfinished_tail(const std::string& text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;  // a continuation: look further back for its lead
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::string TokenStream::add(std::int32_t token) {
  held_ += tokenizer_.decode_bytes({&token, 1});
  const std::size_t whole = held_.size() - unfinished_tail(held_);
  std::string text = model::lossy_utf8(std::string_view(held_).substr(0, whole));
  held_.erase(0, whole);
  return text;
}

std::string TokenStream::finish() {
  std::string text = model::lossy_utf8(held_);
  held_.clear();
  return text;
}

}  // namespace laconic::cli
