#include "pipeline/data/arithmetic.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "pipeline/data/columns.h"
#include "pipeline/data/generated.h"

namespace laconic::pipeline {
namespace {

// operands[0] signs[0] operands[1] …: "12+7-5".
struct Expression {
  std::vector<std::int64_t> operands;
  std::vector<char> operators;

  std::string text(const char* blank = "") const {
    std::string out = std::to_string(operands[0]);
    for (std::size_t i = 0; i < operators.size(); ++i) out += blank + std::string(1, operators[i]) + blank + std::to_string(operands[i + 1]);
    return out;
  }
};

// a∘b for any signs, by the three operations on magnitudes. Announces the reduction when it is one.
std::int64_t operate(std::int64_t a, char op, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines) {
  if (op == '*') {
    const bool minus = (a < 0) != (b < 0);
    const std::int64_t product = multiply_by_columns(std::abs(a), std::abs(b), style, random, lines);
    return minus ? -product : product;
  }
  if (op == '-') b = -b;
  if (a >= 0 && b >= 0) return add_by_columns(a, b, style, random, lines);
  if (a < 0 && b < 0) {
    lines.push_back(fmt::format("-({}+{})", -a, -b));
    return -add_by_columns(-a, -b, style, random, lines);
  }
  const std::int64_t positive = std::max(a, b), magnitude = -std::min(a, b);
  if (positive >= magnitude) {
    if (a < 0) lines.push_back(fmt::format("{}-{}", positive, magnitude));
    return subtract_by_columns(positive, magnitude, style, random, lines);
  }
  lines.push_back(fmt::format("-({}-{})", magnitude, positive));
  return -subtract_by_columns(magnitude, positive, style, random, lines);
}

// Works the expression out: products first, then left to right. The value the steps lead to.
std::int64_t work_out(const Expression& expression, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines) {
  Expression rest = expression;
  while (!rest.operators.empty()) {
    const auto product = std::find(rest.operators.begin(), rest.operators.end(), '*');
    const std::size_t at = product == rest.operators.end() ? 0 : static_cast<std::size_t>(product - rest.operators.begin());
    const std::int64_t a = rest.operands[at], b = rest.operands[at + 1];
    if (expression.operators.size() > 1) lines.push_back(fmt::format("{}{}{}", a, rest.operators[at], b));
    rest.operands[at] = operate(a, rest.operators[at], b, style, random, lines);
    rest.operands.erase(rest.operands.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    rest.operators.erase(rest.operators.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return rest.operands[0];
}

// True when no part's value is negative along the way.
bool stays_non_negative(Expression rest) {
  while (!rest.operators.empty()) {
    const auto product = std::find(rest.operators.begin(), rest.operators.end(), '*');
    const std::size_t at = product == rest.operators.end() ? 0 : static_cast<std::size_t>(product - rest.operators.begin());
    const std::int64_t a = rest.operands[at], b = rest.operands[at + 1];
    const char op = rest.operators[at];
    const std::int64_t value = op == '*' ? a * b : op == '+' ? a + b : a - b;
    if (value < 0) return false;
    rest.operands[at] = value;
    rest.operands.erase(rest.operands.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    rest.operators.erase(rest.operators.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return true;
}

Expression draw_expression(const ArithmeticOptions& options, PhiloxStream& random) {
  std::string operations;
  if (options.addition) operations += '+';
  if (options.subtraction) operations += '-';
  if (options.multiplication) operations += '*';
  Expression expression;
  for (int i = 0; i < options.terms; ++i) {
    if (i > 0) expression.operators.push_back(operations[random.below(static_cast<std::uint32_t>(operations.size()))]);
    const int digits = options.min_digits + static_cast<int>(random.below(static_cast<std::uint32_t>(options.max_digits - options.min_digits + 1)));
    std::uint32_t low = 1, high = 10;
    for (int d = 1; d < digits; ++d) low *= 10, high *= 10;
    if (digits == 1) low = 0;
    expression.operands.push_back(low + random.below(high - low));
  }
  if (!options.negative && expression.operators.size() == 1 && expression.operators[0] == '-' && expression.operands[0] < expression.operands[1]) {
    std::swap(expression.operands[0], expression.operands[1]);
  }
  return expression;
}

const char* verb(char op) { return op == '+' ? "add" : op == '-' ? "take" : "multiply"; }

std::string restate(const Expression& e) {
  if (e.operators.size() > 1) return "work out " + e.text();
  if (e.operators[0] == '-') return fmt::format("{} {} from {}", verb('-'), e.operands[1], e.operands[0]);
  return fmt::format("{} {} and {}", verb(e.operators[0]), e.operands[0], e.operands[1]);
}

struct Worked {
  std::string chain;
  std::int64_t value;
};

Worked draw_chain(const Expression& expression, const ArithmeticOptions& options, double wrong_rate, PhiloxStream& random) {
  const double redundancy = random.uniform() < options.short_share ? 0 : options.redundancy;
  const auto redundant = [&] { return random.uniform() < redundancy; };
  const StepStyle style{redundancy, wrong_rate};
  std::vector<std::string> lines;
  if (redundant()) lines.push_back(restate(expression));
  if (redundant() && expression.operators.size() == 1 && expression.operators[0] != '*') lines.push_back(list_columns(expression.operands[0], expression.operands[1]));
  std::int64_t value = work_out(expression, style, random, lines);
  if (redundant()) lines.push_back(fmt::format("so {}", value));
  for (int check = 0; check < options.max_checks && redundant(); ++check) {
    lines.push_back("check");
    value = work_out(expression, style, random, lines);
    if (redundant()) lines.push_back(fmt::format("so {}", value));
  }
  return {fmt::format("{}", fmt::join(lines, "\n")), value};
}

constexpr std::string_view kDense = "{}", kSpaced = "{ }";  // in ArithmeticOptions::question

std::string asked(const Expression& expression, const std::string& question) {
  const bool spaced = question.find(kSpaced) != std::string::npos;
  const std::string_view mark = spaced ? kSpaced : kDense;
  std::string out = question;
  return out.replace(out.find(mark), mark.size(), expression.text(spaced ? " " : ""));
}

Problem make_problem(const Expression& expression, const ArithmeticOptions& options, double wrong_rate, PhiloxStream& random) {
  PhiloxStream unused(0, 0);
  std::vector<std::string> no_lines;
  const std::int64_t gold = work_out(expression, {}, unused, no_lines);
  const Worked worked = draw_chain(expression, options, wrong_rate, random);
  const std::string text = expression.text();
  Problem problem;
  problem.id = "arithmetic/" + text;
  problem.prompt = asked(expression, options.question);
  problem.question = question_hash(text + "=");
  problem.columns = fmt::format(R"({{"question":"{}=","answer":"{}"}})", text, gold);
  problem.chain = worked.chain;
  problem.solution = fmt::format("\\boxed{{{}}}", worked.value);
  return problem;
}

TaskFamily<Expression> family_of(const ArithmeticOptions& options) {
  check(options);
  TaskFamily<Expression> family;
  family.name = "arithmetic";
  family.heldout_fraction = options.heldout_fraction;
  family.draw = [&options](PhiloxStream& random) -> std::optional<Expression> {
    Expression expression = draw_expression(options, random);
    if (!options.negative && !stays_non_negative(expression)) return std::nullopt;
    return expression;
  };
  family.identity = [](const Expression& expression) { return expression.text() + "="; };
  family.write = [&options](const Expression& expression, bool training, PhiloxStream& random) {
    return make_problem(expression, options, training ? options.wrong_step_rate : 0, random);
  };
  return family;
}

}  // namespace

void ArithmeticOptions::declare(OptionSet& set) {
  set.add("addition", addition, {.help = "draw sums"});
  set.add("subtraction", subtraction, {.help = "draw differences"});
  set.add("multiplication", multiplication, {.help = "draw products"});
  set.add("min_digits", min_digits, {.help = "fewest digits of an operand", .unit = "digits", .min = 1, .max = 8});
  set.add("max_digits", max_digits, {.help = "most digits of an operand; each count is equally likely", .unit = "digits", .min = 1, .max = 8});
  set.add("terms", terms, {.help = "operands of a problem; 3 or 4 give mixed expressions", .min = 2, .max = 4});
  set.add("negative", negative, {.help = "results may be negative; otherwise differences are ordered"});
  set.add("question", question, {.help = "the prompt: `{}` stands for the expression, 57+68, or `{ }` for the same with blanks, 57 + 68"});
  set.add("redundancy", redundancy, {.help = "probability of each redundant part of a worked chain", .min = 0, .max = 1});
  set.add("max_checks", max_checks, {.help = "most repetitions of the whole computation in a chain", .min = 0, .max = 8});
  set.add("short_share", short_share, {.help = "share of chains without any redundant part", .min = 0, .max = 1});
  set.add("wrong_step_rate", wrong_step_rate, {.help = "probability that a column's result is wrong in a chain to imitate", .min = 0, .max = 1});
  set.add("heldout_fraction", heldout_fraction, {.help = "share of all problems kept for evaluation, by a hash of the text", .min = 0, .max = 0.9});
}

void check(const ArithmeticOptions& options) {
  if (!options.addition && !options.subtraction && !options.multiplication) {
    throw Error("no operation is switched on", "arithmetic.addition", "set addition, subtraction or multiplication to true");
  }
  if (options.min_digits > options.max_digits) {
    throw Error(fmt::format("min_digits {} is above max_digits {}", options.min_digits, options.max_digits), "arithmetic.min_digits");
  }
  const auto count = [&](std::string_view mark) {
    int found = 0;
    for (std::size_t at = 0; (at = options.question.find(mark, at)) != std::string::npos; at += mark.size()) ++found;
    return found;
  };
  if (count(kDense) + count(kSpaced) != 1)
    throw Error(fmt::format("the question \"{}\" must hold the expression once", options.question), "arithmetic.question",
                "write `{}` or `{ }` where it stands, as in \"What is { }?\"");
  // Values stay below 10^18: they must fit 64 bits.
  const int digits = options.multiplication ? options.terms * options.max_digits : options.max_digits + 1;
  if (digits > 18) {
    throw Error(fmt::format("products of {} operands of {} digits can have {} digits, more than 18", options.terms, options.max_digits, digits),
                "arithmetic.max_digits", "lower max_digits or terms");
  }
}

Problem arithmetic_problem(const ArithmeticOptions& options, std::uint64_t key, std::uint32_t draw) {
  return training_problem(family_of(options), key, draw);
}

std::vector<Problem> arithmetic_heldout(const ArithmeticOptions& options, int count) { return heldout_list(family_of(options), count); }

}  // namespace laconic::pipeline
