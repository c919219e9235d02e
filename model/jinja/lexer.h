// Jinja source → tokens, with the white-space rules of transformers' environment: trim_blocks (the line
// break after a block goes), lstrip_blocks (the indentation before one goes), `-` and `+` marks, the
// source's last line break dropped. After jinja2's lexer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/jinja/value.h"

namespace laconic::model::jinja {

enum class TokenKind { kText, kOutputBegin, kOutputEnd, kBlockBegin, kBlockEnd, kName, kString, kInteger, kFloat, kOperator, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // of a string: without quotes, escapes resolved
  Place at;
};

// Throws Error with line and column.
std::vector<Token> tokenize(std::string_view source);

// What to do about a template that cannot be used.
[[noreturn]] void fail(Place at, std::string what);

}  // namespace laconic::model::jinja
