#include "model/chat/encode.h"

#include <algorithm>

namespace laconic::model {
namespace {

class PromptBuilder {
 public:
  explicit PromptBuilder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void added(std::int32_t id) {
    flush();
    append(false, id);
  }
  void plain(std::string_view text, TextOrigin origin) { between_.append(text, origin); }
  RenderedPrompt take() {
    flush();
    return std::move(prompt_);
  }

 private:
  void flush() {
    if (between_.size() == 0) return;
    const std::vector<std::int32_t> ids = tokenizer_.encode_plain(between_.bytes);
    const std::string normal = tokenizer_.decode_bytes(ids);
    const std::string origins = normal.size() == between_.size() ? between_.origins : normalised_origins(normal.size());
    std::size_t begin = 0;
    for (const std::int32_t id : ids) {
      const std::size_t end = begin + tokenizer_.decode_bytes(std::span(&id, 1)).size();
      append(origins.substr(begin, end - begin).find(static_cast<char>(TextOrigin::kUser)) != std::string::npos, id);
      begin = end;
    }
    between_ = {};
  }

  // The tokenizer composes characters (NFC): each stretch ends where the normalised text before its end does.
  std::string normalised_origins(std::size_t size) const {
    std::string origins;
    for (std::size_t end = 0; end < between_.size();) {
      const char origin = between_.origins[end];
      end = std::min(between_.origins.find_first_not_of(origin, end), between_.size());
      const std::size_t normal_end = tokenizer_.decode_bytes(tokenizer_.encode_plain(std::string_view(between_.bytes).substr(0, end))).size();
      if (normal_end > origins.size()) origins.append(normal_end - origins.size(), origin);
    }
    origins.resize(size, static_cast<char>(between_.origins.back()));
    return origins;
  }

  void append(bool user, std::int32_t id) {
    if (prompt_.pieces.empty() || prompt_.pieces.back().user != user)
      prompt_.pieces.push_back({user, static_cast<int>(prompt_.tokens.size()), 0});
    ++prompt_.pieces.back().length;
    prompt_.tokens.push_back(id);
  }

  const Tokenizer& tokenizer_;
  RenderedPrompt prompt_;
  MarkedText between_;  // since the last added token
};

}  // namespace

RenderedPrompt encode_marked(const Tokenizer& tokenizer, const MarkedText& text) {
  PromptBuilder prompt(tokenizer);
  const std::string_view bytes = text.bytes;
  for (std::size_t begin = 0; begin < text.size();) {
    const char origin = text.origins[begin];
    const std::size_t end = std::min(text.origins.find_first_not_of(origin, begin), text.size());
    const std::string_view stretch = bytes.substr(begin, end - begin);
    if (static_cast<TextOrigin>(origin) != TextOrigin::kTemplate) {
      prompt.plain(stretch, static_cast<TextOrigin>(origin));
    } else {
      for (const TextSpan& span : tokenizer.split_added(stretch)) {
        if (span.id >= 0) prompt.added(span.id);
        else prompt.plain(span.text, TextOrigin::kTemplate);
      }
    }
    begin = end;
  }
  return prompt.take();
}

}  // namespace laconic::model
