#include "cli/table.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace laconic::cli {

std::string Table::text(int width, const Style& style) const {
  std::vector<int> widths;
  int total = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    int w = display_width(columns_[c].title);
    for (const auto& row : rows_) w = std::max(w, display_width(row[c]));
    widths.push_back(w);
    total += w + (c ? 2 : 0);
  }
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (width > 0 && columns_[c].elastic && total > width) widths[c] = std::max(8, widths[c] - (total - width));

  const auto line = [&](const auto& cell) {
    std::string text;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      std::string shown = cell(c);
      if (display_width(shown) > widths[c]) shown = shortened(shown, widths[c]);
      const std::string gap(static_cast<std::size_t>(widths[c] - display_width(shown)), ' ');
      text += (c ? "  " : "") + (columns_[c].right ? gap + shown : shown + gap);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string out = line([&](std::size_t c) { return columns_[c].title; });
  if (style.color) out = style.bold(out.substr(0, out.size() - 1)) + "\n";
  for (const auto& row : rows_) out += line([&](std::size_t c) { return row[c]; });
  return out;
}

void print(const Table& table) {
  const bool terminal = is_terminal(STDOUT_FILENO);
  std::fputs(table.text(terminal ? terminal_width(STDOUT_FILENO) : 0, Style::of(STDOUT_FILENO)).c_str(), stdout);
}

}  // namespace laconic::cli
