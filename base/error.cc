#include "base/error.h"

#include <algorithm>
#include <vector>

namespace laconic {

Error::Error(std::string what, std::string where, std::string next)
    : std::runtime_error(where.empty() ? what : what + " (" + where + ")"),
      message_(std::move(what)),
      where_(std::move(where)),
      next_(std::move(next)) {}

std::string render(const Error& error) {
  std::string text = "error: " + error.message() + "\n";
  if (!error.where().empty()) text += "   at: " + error.where() + "\n";
  if (!error.next().empty()) text += " hint: " + error.next() + "\n";
  return text;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace laconic
