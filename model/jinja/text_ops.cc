#include "model/jinja/text_ops.h"

#include <algorithm>

#include <utf8proc.h>

#include "model/tokenizer/utf8.h"
#include "model/tokenizer/white_space.h"

namespace laconic::model::jinja {
namespace {

std::size_t first_length(std::string_view text) { return static_cast<std::size_t>(std::max(1, valid_sequence(text))); }

std::size_t last_length(std::string_view text) {
  for (std::size_t back = 2; back <= 4 && back <= text.size(); ++back)
    if (valid_sequence(text.substr(text.size() - back)) == static_cast<int>(back)) return back;
  return 1;
}

}  // namespace

std::vector<std::size_t> character_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size(); at += first_length(text.substr(at, 4))) starts.push_back(at);
  starts.push_back(text.size());
  return starts;
}

std::int64_t character_count(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += first_length(text.substr(at, 4))) ++count;
  return count;
}

MarkedText strip(const MarkedText& text, std::optional<std::string_view> chars, Sides sides) {
  std::string_view rest = text.bytes;
  std::size_t begin = 0;
  const auto taken = [&](std::string_view character, std::size_t space) {
    return !chars ? space : chars->find(character) != std::string_view::npos ? character.size() : std::size_t{0};
  };
  if (static_cast<int>(sides) & static_cast<int>(Sides::kFront))
    while (!rest.empty()) {
      const std::size_t length = taken(rest.substr(0, first_length(rest)), leading_space(rest));
      if (length == 0) break;
      rest.remove_prefix(length);
      begin += length;
    }
  if (static_cast<int>(sides) & static_cast<int>(Sides::kBack))
    while (!rest.empty()) {
      const std::size_t length = taken(rest.substr(rest.size() - last_length(rest)), trailing_space(rest));
      if (length == 0) break;
      rest.remove_suffix(length);
    }
  return text.substr(begin, rest.size());
}

std::vector<MarkedText> split(const MarkedText& text, std::optional<std::string_view> separator, std::int64_t most, bool from_back) {
  std::vector<MarkedText> parts;
  const std::string_view bytes = text.bytes;
  const auto may = [&] { return most < 0 || static_cast<std::int64_t>(parts.size()) < most; };
  if (separator && !from_back) {
    std::size_t begin = 0;
    for (std::size_t at; may() && (at = bytes.find(*separator, begin)) != std::string_view::npos; begin = at + separator->size())
      parts.push_back(text.substr(begin, at - begin));
    parts.push_back(text.substr(begin));
    return parts;
  }
  if (separator) {
    std::size_t end = bytes.size();
    for (std::size_t at; may() && (at = bytes.substr(0, end).rfind(*separator)) != std::string_view::npos; end = at)
      parts.push_back(text.substr(at + separator->size(), end - at - separator->size()));
    parts.push_back(text.substr(0, end));
    std::reverse(parts.begin(), parts.end());
    return parts;
  }
  std::string_view rest = bytes;
  const auto offset = [&] { return static_cast<std::size_t>(rest.data() - bytes.data()); };
  while (true) {
    rest = from_back ? trimmed_back(rest) : trimmed_front(rest);
    if (rest.empty()) break;
    if (!may()) {
      parts.push_back(text.substr(offset(), rest.size()));
      break;
    }
    std::size_t word = 0;
    if (from_back)
      while (word < rest.size() && trailing_space(rest.substr(0, rest.size() - word)) == 0) word += last_length(rest.substr(0, rest.size() - word));
    else
      while (word < rest.size() && leading_space(rest.substr(word)) == 0) word += first_length(rest.substr(word));
    parts.push_back(text.substr(from_back ? offset() + rest.size() - word : offset(), word));
    from_back ? rest.remove_suffix(word) : rest.remove_prefix(word);
  }
  if (from_back) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<MarkedText> split_lines(const MarkedText& text) {
  static constexpr std::string_view kBreaks[] = {"\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
  std::vector<MarkedText> lines;
  const std::string_view bytes = text.bytes;
  std::size_t begin = 0, at = 0;
  while (at < bytes.size()) {
    const auto* found = std::find_if(std::begin(kBreaks), std::end(kBreaks), [&](std::string_view b) { return bytes.substr(at).starts_with(b); });
    if (found == std::end(kBreaks)) {
      ++at;
      continue;
    }
    lines.push_back(text.substr(begin, at - begin));
    begin = at += found->size();
  }
  if (begin < bytes.size()) lines.push_back(text.substr(begin));
  return lines;
}

MarkedText replace(const MarkedText& text, std::string_view from, const MarkedText& to, std::int64_t most) {
  MarkedText out;
  const std::string_view bytes = text.bytes;
  std::size_t begin = 0;
  for (std::size_t at; most != 0 && (at = bytes.find(from, begin)) != std::string_view::npos; begin = at + from.size(), --most) {
    out.append(text.substr(begin, at - begin));
    out.append(to);
  }
  out.append(text.substr(begin));
  return out;
}

MarkedText change_case(const MarkedText& text, Case wanted) {
  MarkedText out;
  bool word_start = true;
  const std::string_view bytes = text.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = first_length(bytes.substr(at));
    std::string character(bytes.substr(at, length));
    if (valid_sequence(character) > 0) {
      const auto point = static_cast<utf8proc_int32_t>(code_point(character));
      const bool upper = wanted == Case::kUpper || (wanted != Case::kLower && word_start);
      const utf8proc_int32_t changed = upper ? (wanted == Case::kUpper ? utf8proc_toupper(point) : utf8proc_totitle(point)) : utf8proc_tolower(point);
      character.clear();
      if (upper && point == 0xdf) character = wanted == Case::kUpper ? "SS" : "Ss";
      else append_utf8(character, static_cast<char32_t>(changed));
      const bool cased = utf8proc_toupper(point) != point || utf8proc_tolower(point) != point;
      word_start = wanted == Case::kTitle && !cased;
    } else {
      word_start = wanted == Case::kTitle;
    }
    out.append(character, text.origin(at));
    at += length;
  }
  return out;
}

std::vector<std::size_t> slice_indices(std::size_t size, const Slice& slice) {
  const auto n = static_cast<std::int64_t>(size);
  const bool forward = slice.step > 0;
  const auto bound = [&](const std::optional<std::int64_t>& given, std::int64_t absent) {
    if (!given) return absent;
    const std::int64_t at = *given < 0 ? *given + n : *given;
    return std::clamp<std::int64_t>(at, forward ? 0 : -1, forward ? n : n - 1);
  };
  const std::int64_t start = bound(slice.start, forward ? 0 : n - 1), stop = bound(slice.stop, forward ? n : -1);
  std::vector<std::size_t> indices;
  for (std::int64_t at = start; forward ? at < stop : at > stop;) {
    indices.push_back(static_cast<std::size_t>(at));
    if (slice.step > n || slice.step < -n) break;  // the next lies outside, and the sum might overflow
    at += slice.step;
  }
  return indices;
}

}  // namespace laconic::model::jinja
