// Making Expr nodes, and the few rewritings that the grammar itself needs.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

ExprPtr number(std::string digits, int scale = 0, int repeat = 0, bool decimal = false);
ExprPtr integer(long long value);
ExprPtr symbol(std::string name);
ExprPtr node(Op op, std::vector<ExprPtr> args = {}, std::string text = {});
ExprPtr add(ExprPtr a, ExprPtr b);       // sums and products are flattened into one node
ExprPtr multiply(ExprPtr a, ExprPtr b);
ExprPtr negate(ExprPtr a);
ExprPtr divide(ExprPtr a, ExprPtr b);
ExprPtr subtract(const ExprPtr& a, const ExprPtr& b);

// The integer that `digits` (0–9, A–Z) mean in `base`, in decimal. At most kMaxDigits digits.
std::string decimal_digits(std::string_view digits, int base);

bool contains(const ExprPtr& e, Op op);
bool contains_call(const ExprPtr& e, std::string_view name);
void free_symbols(const ExprPtr& e, std::set<std::string>& out);
std::set<std::string> free_symbols(const ExprPtr& e);
ExprPtr substitute(const ExprPtr& e, const std::string& name, const ExprPtr& value);
std::size_t node_count(const ExprPtr& e, std::size_t limit);

// All choices of signs of ± and ∓. With ∓ in it the signs go together, otherwise each is free; at
// most `limit` expressions, or none when there would be more.
std::vector<ExprPtr> expand_signs(const ExprPtr& e, std::size_t limit = 64);

// Postfix marks of the grammar, resolved once a scalar is whole.
inline constexpr std::string_view kDegreeMark = "°", kPercentMark = "%";

}  // namespace laconic::verifiers::math
