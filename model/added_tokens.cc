#include "model/added_tokens.h"

#include <algorithm>

#include "model/utf8.h"

namespace laconic::model {
namespace {

// Start of the last code point of `text`; invalid bytes count as one each.
std::size_t last_start(std::string_view text) {
  for (std::size_t back = 1; back <= 4 && back <= text.size(); ++back)
    if (valid_sequence(text.substr(text.size() - back)) == static_cast<int>(back)) return text.size() - back;
  return text.size() - 1;
}

bool starts_with(std::string_view text, bool (*is)(char32_t)) { return valid_sequence(text) > 0 && is(code_point(text)); }

bool ends_with(std::string_view text, bool (*is)(char32_t)) { return !text.empty() && starts_with(text.substr(last_start(text)), is); }

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(const std::vector<AddedToken>& tokens) {
  for (const AddedToken& token : tokens)
    if (!token.content.empty()) tokens_.push_back(token);
  std::stable_sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) { return a.content.size() > b.content.size(); });
  for (std::size_t i = 0; i < tokens_.size(); ++i)
    by_first_byte_[static_cast<unsigned char>(tokens_[i].content[0])].push_back(static_cast<int>(i));
}

void AddedTokenMatcher::split(std::string_view text, std::vector<TextSpan>& spans) const {
  std::size_t plain_begin = 0, position = 0;
  while (position < text.size()) {
    const AddedToken* match = nullptr;
    for (const int candidate : by_first_byte_[static_cast<unsigned char>(text[position])]) {
      const AddedToken& token = tokens_[static_cast<std::size_t>(candidate)];
      if (text.substr(position).starts_with(token.content)) {
        match = &token;
        break;
      }
    }
    if (!match) {
      ++position;
      continue;
    }
    std::size_t begin = position, end = position + match->content.size();
    position = end;
    if (match->single_word && (ends_with(text.substr(0, begin), is_word) || starts_with(text.substr(end), is_word))) continue;
    if (match->lstrip)
      while (begin > plain_begin && ends_with(text.substr(0, begin), is_white_space)) begin = last_start(text.substr(0, begin));
    if (match->rstrip)
      while (starts_with(text.substr(end), is_white_space)) end += static_cast<std::size_t>(valid_sequence(text.substr(end)));
    if (begin > plain_begin) spans.push_back({-1, text.substr(plain_begin, begin - plain_begin)});
    spans.push_back({match->id, text.substr(begin, end - begin)});
    plain_begin = end;
  }
  if (plain_begin < text.size()) spans.push_back({-1, text.substr(plain_begin)});
}

}  // namespace laconic::model
