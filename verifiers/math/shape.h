// What must be known of an expression before anything walks it: its size, whether every node has the
// arguments its operation takes, and which names are free.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

inline constexpr std::size_t kMaxNodes = 4096;  // counted as a tree, shared parts as often as they stand
inline constexpr int kMaxDepth = 256;

struct Shape {
  bool usable = false;             // within both limits, every arity right, no ± left, no null
  std::string problem;             // if not
  std::size_t nodes = 0;
  bool has_infinity = false;
  bool has_call = false;
  std::set<std::string> free;      // names of free variables
  std::set<std::string> integers;  // those of them that stand for integers: see identity.h
};

Shape shape_of(const ExprPtr& expression);

// The number of arguments an operation takes; `most` = −1: any number from `least`.
struct Arity {
  int least, most;
};
Arity arity_of(Op op);

// No free variable, no unknown function.
bool is_constant(const Expr& expression);

// The same tree: n-ary order as it stands, numbers by value as written ("0.50" is not "1/2").
bool same_tree(const Expr& a, const Expr& b);

}  // namespace laconic::verifiers::math
