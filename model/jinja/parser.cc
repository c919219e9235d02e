#include "model/jinja/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include <fmt/format.h>

#include "model/jinja/lexer.h"

namespace laconic::model::jinja {
namespace {

constexpr int kMaxTreeDepth = 250;  // of an expression, and of statements in one another

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)) {}

  Block run() {
    Block block = statements({});
    if (token().kind == TokenKind::kBlockBegin) fail(peek().at, fmt::format("unexpected `{}`", peek().text));
    return block;
  }

 private:
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

  // — statements —

  // Up to {% word %} of one of `ends`, whose block begin is not taken, or the end of the template.
  Block statements(std::initializer_list<std::string_view> ends) {
    Block block;
    while (token().kind != TokenKind::kEnd) {
      if (token().kind == TokenKind::kBlockBegin) {
        if (peek().kind == TokenKind::kName && std::find(ends.begin(), ends.end(), peek().text) != ends.end()) return block;
        const Nested nested(statement_depth_, token().at);
        statement(block);
      } else if (token().kind == TokenKind::kText) {
        auto text = make(StmtKind::kText, token().at);
        text->text = next().text;
        block.push_back(std::move(text));
      } else {
        auto output = make(StmtKind::kOutput, next().at);
        output->expr = tuple_or_expression();
        if (token().kind != TokenKind::kOutputEnd) fail(token().at, "expected the end of the output, found " + shown(token()));
        ++position_;
        block.push_back(std::move(output));
      }
    }
    if (ends.size() > 0) fail(token().at, fmt::format("the template ends where {{% {} %}} is missing", *(ends.end() - 1)));
    return block;
  }

  static std::unique_ptr<Stmt> make(StmtKind kind, Place at) {
    auto stmt = std::make_unique<Stmt>();
    stmt->kind = kind;
    stmt->at = at;
    return stmt;
  }

  void statement(Block& block) {
    ++position_;
    const Place at = token().at;
    if (token().kind != TokenKind::kName) fail(at, "expected a statement, found " + shown(token()));
    const std::string word = next().text;
    if (word == "if") block.push_back(if_statement(at));
    else if (word == "for") block.push_back(for_statement(at));
    else if (word == "set") block.push_back(set_statement(at));
    else if (word == "macro") block.push_back(macro_statement(at));
    else if (word == "break" || word == "continue") {
      if (loop_depth_ == 0) fail(at, fmt::format("`{}` outside of a loop", word));
      block.push_back(make(word == "break" ? StmtKind::kBreak : StmtKind::kContinue, at));
      expect_block_end();
    } else if (word == "generation") {  // marks answers for training; what it holds is written as it is
      expect_block_end();
      for (auto& inner : statements({"endgeneration"})) block.push_back(std::move(inner));
      take_end();
    } else {
      fail(at, fmt::format("the statement {{% {} %}} is not supported", word));
    }
  }

  // {% endword %}
  void take_end() {
    position_ += 2;
    expect_block_end();
  }

  std::unique_ptr<Stmt> if_statement(Place at) {
    auto stmt = make(StmtKind::kIf, at);
    while (true) {
      ExprPtr condition = tuple_or_expression();
      expect_block_end();
      Block body = statements({"elif", "else", "endif"});
      stmt->branches.emplace_back(std::move(condition), std::move(body));
      const std::string word = peek().text;
      position_ += 2;
      if (word == "elif") continue;
      expect_block_end();
      if (word == "else") {
        stmt->otherwise = statements({"endif"});
        take_end();
      }
      return stmt;
    }
  }

  std::vector<std::string> target_names() {
    const bool bracket = take_op("(");
    std::vector<std::string> names = {expect_name()};
    while (take_op(",")) names.push_back(expect_name());
    if (bracket) expect_op(")");
    return names;
  }

  std::unique_ptr<Stmt> for_statement(Place at) {
    auto stmt = make(StmtKind::kFor, at);
    stmt->names = target_names();
    if (!take_name("in")) fail(token().at, "expected `in`, found " + shown(token()));
    stmt->expr = either();
    if (at_op(",")) stmt->expr = tuple_of(std::move(stmt->expr), &Parser::either);
    if (take_name("if")) stmt->condition = expression();
    if (at_name("recursive")) fail(token().at, "recursive loops are not supported");
    expect_block_end();
    ++loop_depth_;
    stmt->body = statements({"else", "endfor"});
    --loop_depth_;
    const bool otherwise = peek().text == "else";
    take_end();
    if (otherwise) {
      stmt->otherwise = statements({"endfor"});
      take_end();
    }
    return stmt;
  }

  std::unique_ptr<Stmt> set_statement(Place at) {
    auto stmt = make(StmtKind::kSet, at);
    stmt->names = target_names();
    if (stmt->names.size() == 1 && take_op(".")) stmt->attribute = expect_name();
    if (take_op("=")) {
      stmt->expr = tuple_or_expression();
      expect_block_end();
      return stmt;
    }
    stmt->kind = StmtKind::kSetBlock;
    if (stmt->names.size() > 1) fail(at, "a set block has one name");
    if (at_op("|")) stmt->expr = filters(nullptr);
    expect_block_end();
    stmt->body = statements({"endset"});
    take_end();
    return stmt;
  }

  std::unique_ptr<Stmt> macro_statement(Place at) {
    auto stmt = make(StmtKind::kMacro, at);
    stmt->names = {expect_name()};
    expect_op("(");
    while (!at_op(")")) {
      if (!stmt->parameters.empty()) expect_op(",");
      std::string name = expect_name();
      ExprPtr fallback;
      if (take_op("=")) fallback = expression();
      else if (!stmt->parameters.empty() && stmt->parameters.back().second) fail(token().at, "a parameter without a default after one with");
      stmt->parameters.emplace_back(std::move(name), std::move(fallback));
    }
    expect_op(")");
    expect_block_end();
    const int loops = std::exchange(loop_depth_, 0);
    stmt->body = statements({"endmacro"});
    loop_depth_ = loops;
    take_end();
    return stmt;
  }

  // — expressions, loosest first —

  template <class... Parts>
  ExprPtr expr(ExprKind kind, Place at, std::string name, Parts... parts) {
    auto made = std::make_unique<Expr>();
    made->kind = kind;
    made->at = at;
    made->name = std::move(name);
    (add(*made, std::move(parts)), ...);
    return made;
  }

  void add(Expr& parent, ExprPtr part) {
    if (part) deepen(parent, *part);
    parent.parts.push_back(std::move(part));
  }

  void deepen(Expr& parent, const Expr& part) {
    parent.depth = std::max(parent.depth, part.depth + 1);
    if (parent.depth > kMaxTreeDepth) fail(parent.at, fmt::format("nested more than {} deep", kMaxTreeDepth));
  }

  ExprPtr tuple_or_expression() {
    ExprPtr first = expression();
    return at_op(",") ? tuple_of(std::move(first), &Parser::expression) : std::move(first);
  }

  // `first`, and what follows its comma.
  ExprPtr tuple_of(ExprPtr first, ExprPtr (Parser::*item)()) {
    ExprPtr tuple = expr(ExprKind::kTuple, first->at, "");
    add(*tuple, std::move(first));
    while (take_op(",")) {
      if (token().kind == TokenKind::kBlockEnd || token().kind == TokenKind::kOutputEnd || at_op(")") || at_op("]")) break;
      add(*tuple, (this->*item)());
    }
    return tuple;
  }

  ExprPtr expression() {
    const Nested nested(expression_depth_, token().at);
    ExprPtr left = either();
    while (at_name("if")) {
      const Place at = next().at;
      ExprPtr condition = either();
      ExprPtr otherwise;
      if (take_name("else")) otherwise = expression();
      left = expr(ExprKind::kConditional, at, "", std::move(left), std::move(condition), std::move(otherwise));
    }
    return left;
  }

  ExprPtr either() {
    ExprPtr left = both();
    while (at_name("or")) {
      const Place at = next().at;
      left = expr(ExprKind::kOr, at, "", std::move(left), both());
    }
    return left;
  }

  ExprPtr both() {
    ExprPtr left = negation();
    while (at_name("and")) {
      const Place at = next().at;
      left = expr(ExprKind::kAnd, at, "", std::move(left), negation());
    }
    return left;
  }

  ExprPtr negation() {
    if (!at_name("not")) return comparison();
    const Nested nested(expression_depth_, token().at);
    const Place at = next().at;
    return expr(ExprKind::kNot, at, "", negation());
  }

  ExprPtr comparison() {
    ExprPtr left = sum();
    ExprPtr compare;
    while (true) {
      std::string op;
      const Place at = token().at;
      if (token().kind == TokenKind::kOperator && is_one_of(token().text, {"==", "!=", "<", "<=", ">", ">="})) op = next().text;
      else if (take_name("in")) op = "in";
      else if (at_name("not") && peek().kind == TokenKind::kName && peek().text == "in") {
        position_ += 2;
        op = "not in";
      } else {
        return compare ? std::move(compare) : std::move(left);
      }
      if (!compare) compare = expr(ExprKind::kCompare, at, "", std::move(left));
      compare->operators.push_back(op);
      add(*compare, sum());
    }
  }

  static bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }

  ExprPtr binary(ExprPtr (Parser::*operand)(), std::initializer_list<std::string_view> operators) {
    ExprPtr left = (this->*operand)();
    while (token().kind == TokenKind::kOperator && is_one_of(token().text, operators)) {
      const Token op = next();
      left = expr(ExprKind::kBinary, op.at, op.text, std::move(left), (this->*operand)());
    }
    return left;
  }

  ExprPtr sum() { return binary(&Parser::concatenation, {"+", "-"}); }
  ExprPtr product() { return binary(&Parser::power, {"*", "/", "//", "%"}); }
  ExprPtr power() { return binary(&Parser::filtered_unary, {"**"}); }

  ExprPtr concatenation() {
    ExprPtr first = product();
    if (!at_op("~")) return first;
    ExprPtr concat = expr(ExprKind::kConcat, token().at, "", std::move(first));
    while (take_op("~")) add(*concat, product());
    return concat;
  }

  ExprPtr filtered_unary() { return unary(true); }

  ExprPtr unary(bool with_filters) {
    const Nested nested(expression_depth_, token().at);
    ExprPtr operand;
    if (at_op("-") || at_op("+")) {
      const Token sign = next();
      operand = expr(sign.text == "-" ? ExprKind::kNegate : ExprKind::kPlus, sign.at, "", unary(false));
    } else {
      operand = primary();
    }
    operand = postfix(std::move(operand));
    return with_filters ? filters(std::move(operand)) : std::move(operand);
  }

  ExprPtr constant(Place at, Value value) {
    ExprPtr made = expr(ExprKind::kConstant, at, "");
    made->value = std::move(value);
    return made;
  }

  ExprPtr primary() {
    const Token t = next();
    switch (t.kind) {
      case TokenKind::kName:
        if (t.text == "true" || t.text == "True") return constant(t.at, true);
        if (t.text == "false" || t.text == "False") return constant(t.at, false);
        if (t.text == "none" || t.text == "None") return constant(t.at, None{});
        return expr(ExprKind::kName, t.at, t.text);
      case TokenKind::kString: {
        std::string text = t.text;
        while (token().kind == TokenKind::kString) text += next().text;
        return constant(t.at, std::string_view(text));
      }
      case TokenKind::kInteger: {
        std::int64_t value = 0;
        const auto [end, code] = std::from_chars(t.text.data(), t.text.data() + t.text.size(), value);
        if (code != std::errc{} || end != t.text.data() + t.text.size()) fail(t.at, "the number " + t.text.substr(0, 40) + " is too large");
        return constant(t.at, value);
      }
      case TokenKind::kFloat: {
        double value = 0;
        std::from_chars(t.text.data(), t.text.data() + t.text.size(), value);
        return constant(t.at, value);
      }
      case TokenKind::kOperator:
        if (t.text == "(") return bracketed(t.at);
        if (t.text == "[") return list(t.at);
        if (t.text == "{") return dict(t.at);
        break;
      default: break;
    }
    fail(t.at, "expected a value, found " + shown(t));
  }

  ExprPtr bracketed(Place at) {
    if (take_op(")")) return expr(ExprKind::kTuple, at, "");
    ExprPtr inner = tuple_or_expression();
    expect_op(")");
    return inner;
  }

  ExprPtr list(Place at) {
    ExprPtr made = expr(ExprKind::kList, at, "");
    while (!at_op("]")) {
      if (!made->parts.empty()) expect_op(",");
      if (at_op("]")) break;
      add(*made, expression());
    }
    ++position_;
    return made;
  }

  ExprPtr dict(Place at) {
    ExprPtr made = expr(ExprKind::kDict, at, "");
    while (!at_op("}")) {
      if (!made->parts.empty()) expect_op(",");
      if (at_op("}")) break;
      add(*made, expression());
      expect_op(":");
      add(*made, expression());
    }
    ++position_;
    return made;
  }

  ExprPtr postfix(ExprPtr left) {
    while (true) {
      const Place at = token().at;
      if (take_op(".")) {
        if (token().kind == TokenKind::kInteger) {
          ExprPtr index = primary();
          left = expr(ExprKind::kItem, at, "", std::move(left), std::move(index));
        } else {
          left = expr(ExprKind::kAttribute, at, expect_name(), std::move(left));
        }
      } else if (take_op("[")) {
        left = subscript(at, std::move(left));
      } else if (at_op("(")) {
        left = call(std::move(left));
      } else {
        return left;
      }
    }
  }

  ExprPtr subscript(Place at, ExprPtr left) {
    std::array<ExprPtr, 3> bounds;
    std::size_t colons = 0;
    while (!at_op("]")) {
      if (take_op(":")) {
        if (++colons > 2) fail(token().at, "a slice has at most two `:`");
        continue;
      }
      if (bounds[colons]) fail(token().at, "expected `]`, found " + shown(token()));
      bounds[colons] = expression();
    }
    if (colons == 0 && !bounds[0]) fail(at, "expected an index");
    ++position_;
    if (colons == 0) return expr(ExprKind::kItem, at, "", std::move(left), std::move(bounds[0]));
    return expr(ExprKind::kSlice, at, "", std::move(left), std::move(bounds[0]), std::move(bounds[1]), std::move(bounds[2]));
  }

  void arguments(Expr& into) {
    expect_op("(");
    for (bool first = true; !at_op(")"); first = false) {
      if (!first) expect_op(",");
      if (at_op(")")) break;
      if (at_op("*") || at_op("**")) fail(token().at, "`" + token().text + "` before an argument is not supported");
      if (token().kind == TokenKind::kName && peek().kind == TokenKind::kOperator && peek().text == "=") {
        std::string name = next().text;
        ++position_;
        ExprPtr value = expression();
        deepen(into, *value);
        into.named.emplace_back(std::move(name), std::move(value));
      } else {
        if (!into.named.empty()) fail(token().at, "a positional argument after a named one");
        add(into, expression());
      }
    }
    ++position_;
  }

  ExprPtr call(ExprPtr callee) {
    ExprPtr made = expr(ExprKind::kCall, token().at, "", std::move(callee));
    arguments(*made);
    return made;
  }

  // | filter, is test and calls after them. A null operand stands for the body of a set block.
  ExprPtr filters(ExprPtr operand) {
    while (true) {
      const Place at = token().at;
      if (take_op("|")) {
        operand = expr(ExprKind::kFilter, at, expect_name(), std::move(operand));
        if (at_op("(")) arguments(*operand);
      } else if (operand && at_name("is")) {
        ++position_;
        operand = test(at, std::move(operand));
      } else if (operand && at_op("(")) {
        operand = call(std::move(operand));
      } else {
        return operand;
      }
    }
  }

  ExprPtr test(Place at, ExprPtr operand) {
    const bool negated = take_name("not");
    ExprPtr made = expr(ExprKind::kTest, at, expect_name(), std::move(operand));
    const bool value_follows = token().kind == TokenKind::kString || token().kind == TokenKind::kInteger || token().kind == TokenKind::kFloat ||
                               at_op("[") || at_op("{") || (token().kind == TokenKind::kName && !is_one_of(token().text, {"else", "or", "and"}));
    if (at_op("(")) {
      arguments(*made);
    } else if (value_follows) {
      if (at_name("is")) fail(token().at, "tests do not chain: put one in brackets");
      add(*made, postfix(primary()));
    }
    return negated ? expr(ExprKind::kNot, at, "", std::move(made)) : std::move(made);
  }

  const std::vector<Token> tokens_;
  std::size_t position_ = 0;
  int statement_depth_ = 0, expression_depth_ = 0, loop_depth_ = 0;
};

}  // namespace

Block parse(std::string_view source) { return Parser(source).run(); }

}  // namespace laconic::model::jinja
