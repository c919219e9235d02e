// Classes of code points, and normalisation form C, as the `tokenizers` library has them.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <utf8proc.h>

#include "base/error.h"
#include "model/tokenizer/unicode_tables.h"
#include "model/tokenizer/utf8.h"

namespace laconic::model {
namespace {

template <class Range, std::size_t N>
const Range* find_range(const Range (&ranges)[N], char32_t point) {
  const Range* above = std::upper_bound(std::begin(ranges), std::end(ranges), point, [](char32_t p, const Range& range) { return p < range.first; });
  return above != std::begin(ranges) && point <= above[-1].last ? above - 1 : nullptr;
}

const char* category(char32_t point) {
  if (const CategoryRange* newer = find_range(kNewerCategories, point)) return std::strcmp(newer->category, "Han") ? newer->category : "Lo";
  return utf8proc_category_string(static_cast<utf8proc_int32_t>(point));
}

// Old code points of each category, three and four bytes long.
struct StandIn { const char* category; char32_t three, four; };
constexpr StandIn kStandIns[] = {
    {"Lu", 0x1e00, 0x10400}, {"Ll", 0x1e01, 0x10428}, {"Lm", 0x0971, 0x16b40}, {"Lo", 0x0905, 0x10000}, {"Han", 0x3400, 0x20000},
    {"Mn", 0x0900, 0x10a01}, {"Mc", 0x0903, 0x11000}, {"Nd", 0x0966, 0x104a0}, {"No", 0x0b72, 0x10107}, {"Pd", 0x2010, 0x10ead},
    {"Po", 0x0964, 0x10100}, {"Sm", 0x2201, 0x1d6c1}, {"So", 0x2195, 0x1f300}, {"Cf", 0x200b, 0x110bd},
};

using Points = std::vector<utf8proc_int32_t>;

int combining_class(utf8proc_int32_t point) { return utf8proc_get_property(point)->combining_class; }

// Decomposes, orders and composes `points` (Unicode Standard Annex 15) and appends the result.
void append_composed(std::string_view text, Points& points, std::string& out) {
  points.clear();
  for (std::size_t at = 0; at < text.size(); at += static_cast<std::size_t>(valid_sequence(text.substr(at)))) {
    utf8proc_int32_t parts[8];  // the longest canonical decomposition has four
    int boundary = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point(text.substr(at))), parts, std::ssize(parts),
                                                           static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE), &boundary);
    if (count < 0 || count > std::ssize(parts)) throw Error(fmt::format("cannot normalise text: {}", utf8proc_errmsg(count)));
    points.insert(points.end(), parts, parts + count);
  }
  for (auto begin = points.begin(); begin != points.end();) {
    const auto end = std::find_if(begin, points.end(), [](utf8proc_int32_t p) { return combining_class(p) == 0; });
    std::stable_sort(begin, end, [](utf8proc_int32_t a, utf8proc_int32_t b) { return combining_class(a) < combining_class(b); });
    begin = end == points.end() ? end : end + 1;
  }
  const utf8proc_ssize_t length =
      utf8proc_normalize_utf32(points.data(), std::ssize(points), static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  for (utf8proc_ssize_t i = 0; i < length; ++i) append_utf8(out, static_cast<char32_t>(points[static_cast<std::size_t>(i)]));
}

}  // namespace

std::string nfc(std::string_view text) {
  // Below U+0300 nothing changes by itself; what lies outside NFC neither moves nor joins. Between such
  // points a stretch is normalised together with the one below U+0300 that it may join.
  std::string out;
  Points points;
  std::size_t begin = 0, end = 0, last = 0;  // [begin, last): as it is; [last, end): to normalise, from one low point on
  bool high = false;
  const auto flush = [&] {
    out += text.substr(begin, (high ? last : end) - begin);
    if (high) append_composed(text.substr(last, end - last), points, out);
    begin = last = end;
    high = false;
  };
  while (end < text.size()) {
    const bool low = static_cast<unsigned char>(text[end]) < 0xcc;  // U+0300 is CC 80
    if (low && high) flush();
    if (low) {
      last = end;
      end += static_cast<unsigned char>(text[end]) < 0x80 ? 1 : 2;
      continue;
    }
    const std::size_t length = static_cast<std::size_t>(valid_sequence(text.substr(end)));
    if (find_range(kOutsideNfc, code_point(text.substr(end)))) {
      flush();
      end += length;
      flush();
      continue;
    }
    high = true;
    end += length;
  }
  flush();
  return out;
}

bool is_numeric(char32_t point) {
  if (point < 0x80) return point >= '0' && point <= '9';
  return category(point)[0] == 'N' || find_range(kNewerNumbers, point);
}

bool is_white_space(char32_t point) { return point == 0x20 || (point >= 9 && point <= 13) || point == 0x85 || category(point)[0] == 'Z'; }

bool is_word(char32_t point) {
  const char* c = category(point);
  if (c[0] == 'L' || c[0] == 'M' || !std::strcmp(c, "Nd") || !std::strcmp(c, "Nl") || !std::strcmp(c, "Pc")) return true;
  // The two joiners, and enclosed letters: alphabetic symbols.
  return point == 0x200c || point == 0x200d || (point >= 0x24b6 && point <= 0x24e9) || (point >= 0x1f130 && point <= 0x1f149) ||
         (point >= 0x1f150 && point <= 0x1f169) || (point >= 0x1f170 && point <= 0x1f189);
}

char32_t stand_in(char32_t point) {
  const CategoryRange* newer = find_range(kNewerCategories, point);
  if (!newer) return point;
  for (const StandIn& old : kStandIns)
    if (!std::strcmp(old.category, newer->category)) return point < 0x10000 ? old.three : old.four;
  return point;  // not reached: a test looks up every row
}

}  // namespace laconic::model
