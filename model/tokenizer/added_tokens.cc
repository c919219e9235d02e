#include "model/tokenizer/added_tokens.h"

#include <algorithm>

#include "model/tokenizer/utf8.h"

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

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  root_.fill(-1);
  std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
  std::stable_sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) { return a.content < b.content; });
  nodes_.emplace_back();
  build();
  for (std::int32_t i = 0; i < nodes_[0].count; ++i) {
    const Edge& edge = edges_[static_cast<std::size_t>(nodes_[0].first + i)];
    root_[edge.byte] = edge.node;
  }
}

// A node at a time, so that its edges lie together; a work list, as a long token would make recursion deep.
void AddedTokenMatcher::build() {
  // tokens_[begin, end) share their first `depth` bytes, which lead to `node`.
  struct Work { std::int32_t node; std::size_t begin, end, depth; };
  std::vector<Work> works{{0, 0, tokens_.size(), 0}};
  for (std::size_t w = 0; w < works.size(); ++w) {
    Work work = works[w];
    if (work.begin < work.end && tokens_[work.begin].content.size() == work.depth)
      nodes_[static_cast<std::size_t>(work.node)].token = static_cast<std::int32_t>(work.begin);
    while (work.begin < work.end && tokens_[work.begin].content.size() == work.depth) ++work.begin;  // the first of equal ones counts
    nodes_[static_cast<std::size_t>(work.node)].first = static_cast<std::int32_t>(edges_.size());
    while (work.begin < work.end) {
      const char byte = tokens_[work.begin].content[work.depth];
      std::size_t same = work.begin;
      while (same < work.end && tokens_[same].content[work.depth] == byte) ++same;
      const auto child = static_cast<std::int32_t>(nodes_.size());
      nodes_.emplace_back();
      edges_.push_back({static_cast<unsigned char>(byte), child});
      ++nodes_[static_cast<std::size_t>(work.node)].count;
      works.push_back({child, work.begin, same, work.depth + 1});
      work.begin = same;
    }
  }
}

const AddedToken* AddedTokenMatcher::longest_at(std::string_view text) const {
  std::int32_t node = root_[static_cast<unsigned char>(text[0])], found = -1;
  for (std::size_t depth = 1; node >= 0; ++depth) {
    const Node& at = nodes_[static_cast<std::size_t>(node)];
    if (at.token >= 0) found = at.token;
    if (depth == text.size()) break;
    const auto* first = edges_.data() + at.first;
    const auto* edge = std::lower_bound(first, first + at.count, static_cast<unsigned char>(text[depth]), [](const Edge& e, unsigned char b) { return e.byte < b; });
    node = edge != first + at.count && edge->byte == static_cast<unsigned char>(text[depth]) ? edge->node : -1;
  }
  return found < 0 ? nullptr : &tokens_[static_cast<std::size_t>(found)];
}

void AddedTokenMatcher::split(std::string_view text, std::vector<TextSpan>& spans) const {
  std::size_t plain_begin = 0, position = 0;
  while (position < text.size()) {
    while (position < text.size() && root_[static_cast<unsigned char>(text[position])] < 0) ++position;
    if (position == text.size()) break;
    const AddedToken* match = longest_at(text.substr(position));
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
