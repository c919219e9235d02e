#include "pipeline/data/row_text.h"

#include <algorithm>
#include <array>

namespace laconic::pipeline {
namespace {

constexpr auto kNone = std::string_view::npos;

std::optional<std::string> box_at(std::string_view rest) {
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  if (rest.front() != '{') {  // "\boxed 3$", as TeX has it: up to the next blank or dollar
    const std::string text(rest.substr(0, rest.find_first_of(" $\n")));
    return text.empty() ? std::nullopt : std::optional(text);
  }
  int depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') ++i;
    else if (rest[i] == '{') ++depth;
    else if (rest[i] == '}' && --depth == 0) return std::string(trimmed(rest.substr(1, i - 1)));
  }
  return std::nullopt;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == kNone) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view without_end_breaks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == kNone ? 0 : last + 1);
}

std::string without_calculator_marks(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("<<"), close = open == kNone ? open : text.find(">>", open);
    if (close == kNone) return out.append(text);
    out.append(text.substr(0, open));
    text.remove_prefix(close + 2);
  }
}

std::optional<std::string> last_box(std::string_view text) {
  static constexpr std::array<std::string_view, 3> kCommands = {"\\boxed", "\\fbox", "\\framebox"};
  std::size_t last = kNone, length = 0;
  for (const std::string_view command : kCommands) {
    const std::size_t at = text.rfind(command);
    if (at != kNone && (last == kNone || at > last)) last = at, length = command.size();
  }
  if (last == kNone) return std::nullopt;
  return box_at(text.substr(last + length));
}

Reply split_reply(std::string_view text) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  const std::size_t end = text.find(kClose);
  if (end == kNone) return {{}, std::string(trimmed(text))};
  std::string_view chain = trimmed(text.substr(0, end));
  if (chain.substr(0, kOpen.size()) == kOpen) chain = trimmed(chain.substr(kOpen.size()));
  return {std::string(chain), std::string(trimmed(text.substr(end + kClose.size())))};
}

}  // namespace laconic::pipeline
