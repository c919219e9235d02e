#include "model/jinja/parser.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "model/jinja/parse_expression.h"

namespace laconic::model::jinja {
namespace {

class Parser : ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Block run() {
    Block block = statements({});
    if (token().kind == TokenKind::kBlockBegin) fail(peek().at, fmt::format("unexpected `{}`", peek().text));
    return block;
  }

 private:
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

  int statement_depth_ = 0, loop_depth_ = 0;
};

}  // namespace

Block parse(std::string_view source) { return Parser(source).run(); }

}  // namespace laconic::model::jinja
