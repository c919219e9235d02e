// What a terminal can show: width, colour, and text that cannot harm it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::cli {

bool is_terminal(int fd);
int terminal_width(int fd);  // columns; 100 when fd is no terminal

// Colour only where it helps: on a terminal, without NO_COLOR, TERM not "dumb".
struct Style {
  bool color = false;
  static Style of(int fd);
  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }
  std::string red(std::string_view text) const { return paint("31", text); }
  std::string green(std::string_view text) const { return paint("32", text); }
  std::string yellow(std::string_view text) const { return paint("33", text); }
  std::string paint(std::string_view code, std::string_view text) const;
};

// Model output is hostile input: control characters (escape sequences with them) and direction
// overrides become visible marks. Newlines and tabs stay, unless `one_line` (then they are marks too).
std::string printable(std::string_view text, bool one_line = false);

// Columns that `text` takes; escape sequences of Style count nothing.
int display_width(std::string_view text);

// At most `columns` wide, "…" at the cut. Not for text with escape sequences.
std::string shortened(std::string_view text, int columns);

std::string sparkline(const std::vector<double>& values, std::size_t columns);  // the last `columns` values
std::string bar(double share, int columns);                                     // share in [0, 1]

}  // namespace laconic::cli
