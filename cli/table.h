// Columns for people. Cells are printable text; numbers stand right, words left.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace laconic::cli {

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;
    bool elastic = false;  // shortened when the table is wider than the terminal; at most one
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // `width` 0: never shortened (what goes into a pipe is whole).
  std::string text(int width, const Style& style) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Prints on stdout, shortened only if stdout is a terminal.
void print(const Table& table);

}  // namespace laconic::cli
