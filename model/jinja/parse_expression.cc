#include "model/jinja/parse_expression.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace laconic::model::jinja {

void ExpressionParser::add(Expr& parent, ExprPtr part) {
  if (part) deepen(parent, *part);
  parent.parts.push_back(std::move(part));
}

void ExpressionParser::deepen(Expr& parent, const Expr& part) {
  parent.depth = std::max(parent.depth, part.depth + 1);
  if (parent.depth > kMaxTreeDepth) fail(parent.at, fmt::format("nested more than {} deep", kMaxTreeDepth));
}

ExprPtr ExpressionParser::tuple_or_expression() {
  ExprPtr first = expression();
  return at_op(",") ? tuple_of(std::move(first), &ExpressionParser::expression) : std::move(first);
}

// `first`, and what follows its comma.
ExprPtr ExpressionParser::tuple_of(ExprPtr first, ExprPtr (ExpressionParser::*item)()) {
  ExprPtr tuple = expr(ExprKind::kTuple, first->at, "");
  add(*tuple, std::move(first));
  while (take_op(",")) {
    if (token().kind == TokenKind::kBlockEnd || token().kind == TokenKind::kOutputEnd || at_op(")") || at_op("]")) break;
    add(*tuple, (this->*item)());
  }
  return tuple;
}

ExprPtr ExpressionParser::expression() {
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

ExprPtr ExpressionParser::either() {
  ExprPtr left = both();
  while (at_name("or")) {
    const Place at = next().at;
    left = expr(ExprKind::kOr, at, "", std::move(left), both());
  }
  return left;
}

ExprPtr ExpressionParser::both() {
  ExprPtr left = negation();
  while (at_name("and")) {
    const Place at = next().at;
    left = expr(ExprKind::kAnd, at, "", std::move(left), negation());
  }
  return left;
}

ExprPtr ExpressionParser::negation() {
  if (!at_name("not")) return comparison();
  const Nested nested(expression_depth_, token().at);
  const Place at = next().at;
  return expr(ExprKind::kNot, at, "", negation());
}

ExprPtr ExpressionParser::comparison() {
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

bool ExpressionParser::is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

ExprPtr ExpressionParser::binary(ExprPtr (ExpressionParser::*operand)(), std::initializer_list<std::string_view> operators) {
  ExprPtr left = (this->*operand)();
  while (token().kind == TokenKind::kOperator && is_one_of(token().text, operators)) {
    const Token op = next();
    left = expr(ExprKind::kBinary, op.at, op.text, std::move(left), (this->*operand)());
  }
  return left;
}

ExprPtr ExpressionParser::sum() { return binary(&ExpressionParser::concatenation, {"+", "-"}); }
ExprPtr ExpressionParser::product() { return binary(&ExpressionParser::power, {"*", "/", "//", "%"}); }
ExprPtr ExpressionParser::power() { return binary(&ExpressionParser::filtered_unary, {"**"}); }

ExprPtr ExpressionParser::concatenation() {
  ExprPtr first = product();
  if (!at_op("~")) return first;
  ExprPtr concat = expr(ExprKind::kConcat, token().at, "", std::move(first));
  while (take_op("~")) add(*concat, product());
  return concat;
}

ExprPtr ExpressionParser::filtered_unary() { return unary(true); }

ExprPtr ExpressionParser::unary(bool with_filters) {
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

ExprPtr ExpressionParser::constant(Place at, Value value) {
  ExprPtr made = expr(ExprKind::kConstant, at, "");
  made->value = std::move(value);
  return made;
}

ExprPtr ExpressionParser::primary() {
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

ExprPtr ExpressionParser::bracketed(Place at) {
  if (take_op(")")) return expr(ExprKind::kTuple, at, "");
  ExprPtr inner = tuple_or_expression();
  expect_op(")");
  return inner;
}

ExprPtr ExpressionParser::list(Place at) {
  ExprPtr made = expr(ExprKind::kList, at, "");
  while (!at_op("]")) {
    if (!made->parts.empty()) expect_op(",");
    if (at_op("]")) break;
    add(*made, expression());
  }
  ++position_;
  return made;
}

ExprPtr ExpressionParser::dict(Place at) {
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

ExprPtr ExpressionParser::postfix(ExprPtr left) {
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

ExprPtr ExpressionParser::subscript(Place at, ExprPtr left) {
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

void ExpressionParser::arguments(Expr& into) {
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

ExprPtr ExpressionParser::call(ExprPtr callee) {
  ExprPtr made = expr(ExprKind::kCall, token().at, "", std::move(callee));
  arguments(*made);
  return made;
}

// | filter, is test and calls after them. A null operand stands for the body of a set block.
ExprPtr ExpressionParser::filters(ExprPtr operand) {
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

ExprPtr ExpressionParser::test(Place at, ExprPtr operand) {
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

}  // namespace laconic::model::jinja
