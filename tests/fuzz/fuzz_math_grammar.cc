// One text through the grammar and against itself and a fixed gold: no crash, counted work only, a
// value equals itself unless it has none, and equality of two parts of the text has no sides.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verifiers/math/gold.h"
#include "verifiers/math/match.h"

using namespace laconic::verifiers::math;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Golds kGold = golds_of_text("\\frac{1}{2}, x + 1", {});
  const MathOptions options;
  const Parsed parsed = parse(text);
  if (parsed.value.has_value() == !parsed.problem.empty()) std::abort();  // a value or a reason
  (void)judge_texts(kGold.any[0].parsed, kGold.any[0].text, text, options, {});
  if (!parsed.value) return 0;
  (void)shown(*parsed.value);
  const Truth self = Matcher(options, {}).values(*parsed.value, *parsed.value).truth;
  if (self == Truth::kDifferent) std::abort();
  // Scalars have no sides.
  const std::size_t half = text.find('|');
  if (half == std::string_view::npos) return 0;
  const Parsed a = parse(text.substr(0, half)), b = parse(text.substr(half + 1));
  if (!a.value || !b.value || a.value->kind != Kind::kScalar || b.value->kind != Kind::kScalar || !a.value->unit.empty() || !b.value->unit.empty()) return 0;
  const Truth there = Matcher(options, {}).values(*a.value, *b.value).truth, back = Matcher(options, {}).values(*b.value, *a.value).truth;
  if ((there == Truth::kEqual && back == Truth::kDifferent) || (there == Truth::kDifferent && back == Truth::kEqual)) std::abort();
  return 0;
}
