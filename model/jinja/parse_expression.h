// The expressions of the grammar, loosest first, after jinja2's parser.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "model/jinja/ast.h"
#include "model/jinja/lexer.h"

namespace laconic::model::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view source) : tokens_(tokenize(source)) {}

 protected:
  static constexpr int kMaxTreeDepth = 250;  // of an expression, and of statements in one another

  // — tokens —

  const Token& token() const { return tokens_[position_]; }
  const Token& peek() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  Token next() { return tokens_[position_ + 1 < tokens_.size() ? position_++ : position_]; }
  bool at(TokenKind kind, std::string_view text) const { return token().kind == kind && token().text == text; }
  bool at_op(std::string_view text) const { return at(TokenKind::kOperator, text); }
  bool at_name(std::string_view text) const { return at(TokenKind::kName, text); }
  bool take_op(std::string_view text) { return at_op(text) && (++position_, true); }
  bool take_name(std::string_view text) { return at_name(text) && (++position_, true); }
  void expect_op(std::string_view text) {
    if (!take_op(text)) fail(token().at, fmt::format("expected `{}`, found {}", text, shown(token())));
  }
  std::string expect_name() {
    if (token().kind != TokenKind::kName) fail(token().at, "expected a name, found " + shown(token()));
    return next().text;
  }
  void expect_block_end() {
    if (token().kind != TokenKind::kBlockEnd) fail(token().at, "expected the end of the block, found " + shown(token()));
    ++position_;
  }
  static std::string shown(const Token& token) {
    if (token.kind == TokenKind::kOutputEnd || token.kind == TokenKind::kBlockEnd) return "the end of the block";
    return token.kind == TokenKind::kEnd ? "the end of the template" : "`" + token.text.substr(0, 60) + "`";
  }

  class Nested {
   public:
    Nested(int& depth, Place at) : depth_(depth) {
      if (++depth_ > kMaxTreeDepth) fail(at, fmt::format("nested more than {} deep", kMaxTreeDepth));
    }
    ~Nested() { --depth_; }

   private:
    int& depth_;
  };

  // — expressions —

  ExprPtr expression();
  ExprPtr either();  // an expression without `if`
  ExprPtr tuple_or_expression();
  ExprPtr tuple_of(ExprPtr first, ExprPtr (ExpressionParser::*item)());  // `first`, and what follows its comma
  ExprPtr filters(ExprPtr operand);  // and tests; a null operand stands for the body of a set block

  const std::vector<Token> tokens_;
  std::size_t position_ = 0;

 private:
  void add(Expr& parent, ExprPtr part);
  void deepen(Expr& parent, const Expr& part);
  ExprPtr both();
  ExprPtr negation();
  ExprPtr comparison();
  static bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list);
  ExprPtr binary(ExprPtr (ExpressionParser::*operand)(), std::initializer_list<std::string_view> operators);
  ExprPtr sum();
  ExprPtr product();
  ExprPtr power();
  ExprPtr concatenation();
  ExprPtr filtered_unary();
  ExprPtr unary(bool with_filters);
  ExprPtr constant(Place at, Value value);
  ExprPtr primary();
  ExprPtr bracketed(Place at);
  ExprPtr list(Place at);
  ExprPtr dict(Place at);
  ExprPtr postfix(ExprPtr left);
  ExprPtr subscript(Place at, ExprPtr left);
  void arguments(Expr& into);
  ExprPtr call(ExprPtr callee);
  ExprPtr test(Place at, ExprPtr operand);

  template <class... Parts>
  ExprPtr expr(ExprKind kind, Place at, std::string name, Parts... parts) {
    auto made = std::make_unique<Expr>();
    made->kind = kind;
    made->at = at;
    made->name = std::move(name);
    (add(*made, std::move(parts)), ...);
    return made;
  }

  int expression_depth_ = 0;
};

}  // namespace laconic::model::jinja
