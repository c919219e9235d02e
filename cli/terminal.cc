#include "cli/terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

namespace laconic::cli {
namespace {

// Calls f(code point, its bytes) for each character; invalid bytes are U+FFFD.
template <class F>
void each_character(std::string_view text, F&& f) {
  const auto* data = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t code = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(data + i, static_cast<utf8proc_ssize_t>(text.size() - i), &code);
    if (used <= 0) {
      f(0xFFFD, std::string_view("\xEF\xBF\xBD"));
      ++i;
    } else {
      f(code, text.substr(i, static_cast<std::size_t>(used)));
      i += static_cast<std::size_t>(used);
    }
  }
}

void append_utf8(std::string& out, utf8proc_int32_t code) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t n = utf8proc_encode_char(code, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(n));
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

int terminal_width(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

Style Style::of(int fd) {
  const char *no_color = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
  return {is_terminal(fd) && !(no_color && *no_color) && !(term && std::strcmp(term, "dumb") == 0)};
}

std::string Style::paint(std::string_view code, std::string_view text) const {
  if (!color || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string printable(std::string_view text, bool one_line) {
  std::string out;
  each_character(text, [&](utf8proc_int32_t code, std::string_view bytes) {
    const bool whitespace = code == '\n' || code == '\t';
    if (whitespace && one_line) out += code == '\n' ? "↵" : "⇥";
    else if (code < 0x20 && !whitespace) append_utf8(out, 0x2400 + code);  // Unicode's pictures of the controls
    else if (code == 0x7F) append_utf8(out, 0x2421);
    else if ((code >= 0x80 && code < 0xA0) || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)) append_utf8(out, 0xFFFD);
    else out += bytes;
  });
  return out;
}

int display_width(std::string_view text) {
  int width = 0;
  bool escape = false;
  each_character(text, [&](utf8proc_int32_t code, std::string_view) {
    if (escape) escape = code != 'm';
    else if (code == 0x1B) escape = true;
    else width += utf8proc_charwidth(code);
  });
  return width;
}

std::string shortened(std::string_view text, int columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string out;
  int width = 0;
  bool full = false;
  each_character(text, [&](utf8proc_int32_t code, std::string_view bytes) {
    const int own = utf8proc_charwidth(code);
    if (full || width + own > columns - 1) {
      full = true;
      return;
    }
    out += bytes;
    width += own;
  });
  return columns > 0 ? out + "…" : "";
}

std::string sparkline(const std::vector<double>& values, std::size_t columns) {
  static constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t first = values.size() > columns ? values.size() - columns : 0;
  double low = INFINITY, high = -INFINITY;
  for (std::size_t i = first; i < values.size(); ++i)
    if (std::isfinite(values[i])) {
      low = std::min(low, values[i]);
      high = std::max(high, values[i]);
    }
  std::string out;
  for (std::size_t i = first; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) out += " ";
    else out += kBars[high > low ? std::clamp(static_cast<int>((values[i] - low) / (high - low) * 8), 0, 7) : 3];
  }
  return out;
}

std::string bar(double share, int columns) {
  static constexpr const char* kPieces[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * columns * 8));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  out += kPieces[eighths % 8];
  const int used = eighths / 8 + (eighths % 8 != 0);
  return out + std::string(static_cast<std::size_t>(columns - used), ' ');
}

}  // namespace laconic::cli
