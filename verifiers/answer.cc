#include "verifiers/answer.h"

#include <vector>

namespace laconic::verifiers {
namespace {

constexpr auto kNone = std::string_view::npos;

// Index of the '{' that a box command at `at` opens, or npos.
std::size_t box_brace(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || (text[at + 1] != 'b' && text[at + 1] != 'f')) return kNone;
  for (const std::string_view command : {std::string_view("\\boxed"), std::string_view("\\fbox")}) {
    if (text.compare(at, command.size(), command) != 0) continue;
    std::size_t brace = at + command.size();
    if (brace < text.size() && text[brace] == ' ') ++brace;
    if (brace < text.size() && text[brace] == '{') return brace;
  }
  return kNone;
}

std::optional<std::string_view> last_box(std::string_view text) {
  struct Box {
    std::size_t at, depth;
  };
  std::vector<Box> boxes;  // open ones; plain braces are only counted
  std::size_t next_box = kNone, depth = 0, best_begin = 0, best_end = 0;
  bool found = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '\\':
        if (const std::size_t brace = box_brace(text, i); brace != kNone) {
          next_box = brace;
        } else {
          ++i;  // an escaped character; \{ and \} are text, not grouping
        }
        break;
      case '{':
        ++depth;
        if (i == next_box) boxes.push_back({i, depth});
        break;
      case '}':
        if (depth == 0) break;
        if (!boxes.empty() && boxes.back().depth == depth) {
          if (!found || boxes.back().at >= best_begin) {
            found = true;
            best_begin = boxes.back().at + 1;
            best_end = i;
          }
          boxes.pop_back();
        }
        --depth;
        break;
      default:
        break;
    }
  }
  if (!found) return std::nullopt;
  return text.substr(best_begin, best_end - best_begin);
}

std::optional<std::string_view> last_tag(std::string_view text) {
  constexpr std::string_view kOpen = "<answer>", kClose = "</answer>";
  const std::size_t close = text.rfind(kClose);
  if (close == kNone) return std::nullopt;
  const std::size_t open = text.substr(0, close).rfind(kOpen);
  if (open == kNone) return std::nullopt;
  return text.substr(open + kOpen.size(), close - open - kOpen.size());
}

std::optional<std::string_view> last_hashes(std::string_view text, bool finished) {
  const std::size_t mark = text.rfind("####");
  if (mark == kNone) return std::nullopt;
  std::string_view rest = text.substr(mark + 4);
  // Special tokens stand in the response as text; they end the line too.
  std::size_t end = rest.find('\n');
  for (const std::string_view special : {std::string_view("<|"), std::string_view("<｜")}) end = std::min(end, rest.find(special));
  if (end == kNone && !finished) return std::nullopt;
  return rest.substr(0, end);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == kNone) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view name_of(AnswerMark mark) {
  switch (mark) {
    case AnswerMark::kBoxed: return "\\boxed{}";
    case AnswerMark::kAnswerTag: return "<answer>";
    default: return "####";
  }
}

std::optional<std::string_view> after_reasoning(std::string_view response) {
  constexpr std::string_view kEnd = "</think>";
  const std::size_t end = response.rfind(kEnd);
  if (end == kNone) return std::nullopt;
  const std::string_view rest = response.substr(end + kEnd.size());
  if (rest.find("<think>") != kNone) return std::nullopt;
  return rest;
}

std::optional<std::string_view> answer_part(std::string_view response, Reasoning reasoning) {
  const auto text = after_reasoning(response);
  if (text || reasoning == Reasoning::kOpened) return text;
  if (response.find("<think>") != kNone || response.find("</think>") != kNone) return std::nullopt;
  return response;
}

std::optional<FoundAnswer> find_answer(std::string_view text, bool finished) {
  if (const auto box = last_box(text)) return FoundAnswer{AnswerMark::kBoxed, trimmed(*box)};
  if (const auto tag = last_tag(text)) return FoundAnswer{AnswerMark::kAnswerTag, trimmed(*tag)};
  if (const auto hashes = last_hashes(text, finished)) return FoundAnswer{AnswerMark::kHashes, trimmed(*hashes)};
  return std::nullopt;
}

}  // namespace laconic::verifiers
