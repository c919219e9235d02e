// The recursive-descent parser behind parse.h. One object parses one text; not shared.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/math/answer_value.h"
#include "verifiers/math/lexer.h"

namespace laconic::verifiers::math {

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens);

  std::optional<Value> whole();        // everything up to kEnd; nullopt: problem()
  const std::string& problem() const { return problem_; }
  bool over_budget() const { return over_budget_; }

 private:
  // parse_list.cc: lists, conditions, chains, unions
  std::optional<Value> list(bool top);
  std::optional<Value> condition();
  std::optional<Value> element();
  std::optional<Value> set_expression();

  // parse_value.cc: values that stand alone
  std::optional<Value> operand();
  std::optional<Value> bracketed();
  std::optional<Value> set_builder(std::size_t close);
  std::optional<Value> scalar_value();
  std::optional<Value> text_value();
  bool items_until(std::size_t close, std::vector<Value>& items);
  bool is_set_builder(std::size_t open) const;

  // parse_environment.cc: matrices, cases, aligned equations
  std::optional<Value> environment();
  std::optional<Value> cases();
  std::optional<Value> matrix(const std::string& name);
  std::optional<Value> determinant(const Value& matrix);
  void flatten_alignments();             // aligned, gather, …: rows are items

  // parse_scalar.cc: sums, products, powers
  ExprPtr sum();
  ExprPtr product();
  ExprPtr juxtaposed(bool single_after_number);
  ExprPtr power();
  ExprPtr exponent();
  ExprPtr postfix(ExprPtr base);
  bool starts_factor() const;

  // parse_primary.cc: atoms
  ExprPtr primary();
  ExprPtr argument();                    // of \frac, \sqrt: braces or one token
  ExprPtr parenthesised(Tok close);
  ExprPtr number_token();
  ExprPtr symbol_token();
  ExprPtr function();
  ExprPtr function_argument();
  ExprPtr apply(const std::string& name, std::vector<ExprPtr> args);
  ExprPtr call(const std::string& name);
  ExprPtr big_operator(Op op);
  ExprPtr integral();
  ExprPtr accent();
  bool arguments(std::vector<ExprPtr>& args);
  std::string subscript();               // after "_": canonical text, or empty

  // parse_unit.cc
  std::string unit();                    // what follows a number; empty: nothing taken

  const Token& now() const { return tokens_[std::min(at_, tokens_.size() - 1)]; }  // kEnd from the end on
  const Token& ahead(std::size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  Tok kind() const { return now().kind; }
  bool accept(Tok kind);
  bool expect(Tok kind, std::string_view what);
  std::nullopt_t fail(std::string_view why);
  ExprPtr fail_scalar(std::string_view why) { fail(why); return nullptr; }
  ExprPtr made(ExprPtr e);               // charges one node
  std::string describe(const Token& token) const;
  void match_brackets();

  struct Nested {  // one level of nesting for its lifetime
    explicit Nested(Parser& parser) : parser(parser) { ++parser.depth_; }
    ~Nested() { --parser.depth_; }
    Parser& parser;
  };
  bool too_deep();

  std::vector<Token> tokens_;
  std::vector<std::size_t> close_of_;    // for an opening token: its closing one, or 0
  std::vector<bool> separated_;          // for an opening token: a comma or semicolon directly inside
  std::size_t at_ = 0;
  int depth_ = 0, nodes_ = 0, bars_ = 0;
  bool builder_ = false;                 // a bar ends the form in a set builder
  std::vector<std::string> bound_;       // indices of \sum and \prod: i and e are variables there
  std::string currency_;
  std::string problem_;
  bool over_budget_ = false;
};

bool is_open(Tok kind);
bool is_close(Tok kind);

std::optional<Value> parse_words(std::string_view text, bool quoted, bool& fallback);  // parse_text.cc
std::optional<Value> parse_choice(std::string_view text);
std::optional<Value> parse_time(std::string_view text);
std::optional<std::string> plain_text(std::string_view latex, bool& quoted);  // the words of a text without formulas
std::string canonical_unit(std::string_view words);  // "square feet" → "foot^2"

}  // namespace laconic::verifiers::math
