// Matrices and cases.
#include "verifiers/math/build.h"
#include "verifiers/math/parse.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {

std::optional<Value> Parser::environment() {
  if (too_deep()) return std::nullopt;
  const Nested nested(*this);
  const std::string name = now().text;
  ++at_;
  if (name == "cases" || name == "dcases" || name == "rcases") return cases();
  if (name == "array" && at_ >= 2 && tokens_[at_ - 2].kind == Tok::kOpenSet) return cases();
  if (name == "array" || name == "tabular" || name.ends_with("matrix")) return matrix(name);
  return fail("the environment " + name);
}

std::optional<Value> Parser::matrix(const std::string& name) {
  Value value;
  value.kind = Kind::kMatrix;
  std::size_t in_row = 0;
  while (kind() == Tok::kRow) ++at_;
  while (!accept(Tok::kEndEnvironment)) {
    auto entry = set_expression();
    if (!entry) return std::nullopt;
    value.items.push_back(std::move(*entry));
    ++in_row;
    if (value.items.size() > kMaxItems) { over_budget_ = true; return fail("a matrix of more than " + std::to_string(kMaxItems) + " entries"); }
    if (accept(Tok::kColumn)) continue;
    if (value.columns == 0) value.columns = static_cast<int>(in_row);
    if (in_row != static_cast<std::size_t>(value.columns)) return fail("a matrix with rows of different lengths");
    in_row = 0;
    while (kind() == Tok::kRow) ++at_;
    if (kind() == Tok::kEnd) return fail("an environment that is never closed");
    if (kind() != Tok::kEndEnvironment && tokens_[at_ - 1].kind != Tok::kRow) return fail(describe(now()) + " in a matrix");
  }
  if (value.items.empty() || in_row != 0) return fail("an empty matrix");
  if (name == "vmatrix") return determinant(value);
  // Transposed: ^T, ^\top
  if (kind() == Tok::kPower) {
    const std::size_t mark = ahead(1).kind == Tok::kOpenGroup ? 2 : 1;
    const std::string& letter = ahead(mark).text;
    if (letter != "T" && letter != "\\top" && letter != "t" && letter != "\\intercal") return fail("a power of a matrix");
    at_ += mark + 1;
    if (mark == 2 && !expect(Tok::kCloseGroup, "}")) return std::nullopt;
    Value turned = value;
    const std::size_t columns = static_cast<std::size_t>(value.columns), rows = value.items.size() / columns;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) turned.items[c * rows + r] = value.items[r * columns + c];
    }
    turned.columns = static_cast<int>(rows);
    return turned;
  }
  return value;
}

// Laplace along the first row: up to 5 × 5.
std::optional<Value> Parser::determinant(const Value& matrix) {
  const std::size_t n = static_cast<std::size_t>(matrix.columns);
  if (matrix.items.size() != n * n || n > 5) return fail("a determinant of " + std::to_string(matrix.items.size()) + " entries");
  std::vector<ExprPtr> entries;
  for (const Value& entry : matrix.items) {
    if (entry.kind != Kind::kScalar) return fail("a determinant of things that are no numbers");
    entries.push_back(entry.scalar);
  }
  const auto expand = [&](const auto& self, std::size_t row, const std::vector<std::size_t>& columns) -> ExprPtr {
    if (columns.size() == 1) return entries[row * n + columns[0]];
    std::vector<ExprPtr> terms;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      std::vector<std::size_t> rest = columns;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
      const ExprPtr minor = self(self, row + 1, rest);
      ExprPtr term = minor ? made(node(Op::kMul, {entries[row * n + columns[k]], minor})) : nullptr;
      if (!term) return nullptr;
      terms.push_back(k % 2 ? negate(std::move(term)) : std::move(term));
    }
    return made(node(Op::kAdd, std::move(terms)));
  };
  std::vector<std::size_t> columns(n);
  for (std::size_t k = 0; k < n; ++k) columns[k] = k;
  Value value;
  value.kind = Kind::kScalar;
  value.scalar = expand(expand, 0, columns);
  if (!value.scalar) return std::nullopt;
  return value;
}

// value & condition \\ value & condition; rows of one cell are a system of relations.
std::optional<Value> Parser::cases() {
  Value value;
  value.kind = Kind::kCases;
  Value system;
  system.kind = Kind::kList;
  system.text = "and";
  while (kind() == Tok::kRow) ++at_;
  while (!accept(Tok::kEndEnvironment)) {
    auto part = element();
    if (!part) return std::nullopt;
    accept(Tok::kComma);
    const bool words_follow = kind() == Tok::kText || kind() == Tok::kWord;
    if (accept(Tok::kColumn) || words_follow) {
      while (kind() == Tok::kText || kind() == Tok::kWord) {
        const std::string word = folded(now().text);
        if (word.find("otherwise") != std::string::npos || word.find("else") != std::string::npos) break;
        if (word.find("if") == std::string::npos && word.find("for") == std::string::npos && word.find("when") == std::string::npos) return fail("the condition \"" + now().text + "\"");
        ++at_;
      }
      Value held;
      if (kind() == Tok::kText || kind() == Tok::kWord) {
        held.kind = Kind::kText;
        held.text = "otherwise";
        ++at_;
      } else {
        auto condition = list(false);
        if (!condition) return std::nullopt;
        held = std::move(*condition);
      }
      value.items.push_back(std::move(*part));
      value.items.push_back(std::move(held));
    } else {
      system.items.push_back(std::move(*part));
    }
    if (value.items.size() + system.items.size() > kMaxItems) { over_budget_ = true; return fail("too many cases"); }
    bool row = false;
    while (kind() == Tok::kRow) { ++at_; row = true; }
    if (!row && kind() != Tok::kEndEnvironment) return fail(describe(now()) + " in cases");
  }
  accept(Tok::kCloseSet);
  if (value.items.empty() == system.items.empty()) return fail("cases that do not all have a condition");
  return value.items.empty() ? system : value;
}

}  // namespace laconic::verifiers::math
