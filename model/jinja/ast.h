// The tree of a parsed template.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/jinja/value.h"

namespace laconic::model::jinja {

enum class ExprKind {
  kConstant,     // value
  kName,         // name
  kList, kTuple, // parts
  kDict,         // parts: key, value, key, value, …
  kAttribute,    // parts[0].name
  kItem,         // parts[0][parts[1]]
  kSlice,        // parts[0][parts[1]:parts[2]:parts[3]]; a part may be null
  kCall,         // parts[0](parts[1], …, named)
  kFilter,       // parts[0] | name(parts[1], …, named); parts[0] null: the body of a set block
  kTest,         // parts[0] is name(parts[1], …, named)
  kNot, kNegate, kPlus,  // parts[0]
  kAnd, kOr,     // parts[0], parts[1]
  kBinary,       // parts[0] name parts[1]: + - * / // % **
  kConcat,       // parts joined by ~
  kCompare,      // parts[0] operators[0] parts[1] operators[1] …
  kConditional   // parts[0] if parts[1] else parts[2]; the last may be null
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  ExprKind kind = ExprKind::kConstant;
  Place at;
  std::string name;
  Value value;
  std::vector<ExprPtr> parts;
  std::vector<std::pair<std::string, ExprPtr>> named;
  std::vector<std::string> operators;
  int depth = 1;
};

struct Stmt;
using Block = std::vector<std::unique_ptr<Stmt>>;

enum class StmtKind {
  kText,      // text
  kOutput,    // expr
  kIf,        // branches, otherwise
  kFor,       // names in expr if condition: body, otherwise
  kSet,       // names = expr; or names[0].attribute = expr
  kSetBlock,  // names[0] = body, through expr (filters) where there is one
  kMacro,     // names[0](parameters): body
  kBreak, kContinue
};

struct Stmt {
  StmtKind kind = StmtKind::kText;
  Place at;
  std::string text, attribute;
  std::vector<std::string> names;
  ExprPtr expr, condition;
  std::vector<std::pair<ExprPtr, Block>> branches;
  std::vector<std::pair<std::string, ExprPtr>> parameters;  // name and default, or null
  Block body, otherwise;
};

}  // namespace laconic::model::jinja
