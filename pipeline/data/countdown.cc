#include "pipeline/data/countdown.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "pipeline/data/generated.h"

namespace laconic::pipeline {
namespace {

struct Step {
  std::size_t left, right;  // places in the list that the step combines; the result replaces `left`
  char op;
};

struct Task {
  std::vector<std::int64_t> numbers;
  std::vector<Step> steps;  // a way to the target
  std::int64_t target = 0;
};

std::int64_t value_of(std::int64_t a, char op, std::int64_t b) {
  switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return a / b;
  }
}

std::uint32_t below(PhiloxStream& random, std::size_t bound) { return random.below(static_cast<std::uint32_t>(bound)); }

std::string list_of(const std::vector<std::int64_t>& numbers, const char* separator) { return fmt::format("{}", fmt::join(numbers, separator)); }

// Any two of `values`, in any order: results are from 0 to `most`, quotients are whole.
Step draw_step(const std::vector<std::int64_t>& values, const std::string& operations, std::int64_t most, PhiloxStream& random) {
  const std::size_t first = below(random, values.size());
  std::size_t second = below(random, values.size() - 1);
  if (second >= first) ++second;
  std::size_t left = first, right = second;
  char op = operations[below(random, operations.size())];
  const std::int64_t low = std::min(values[left], values[right]), high = std::max(values[left], values[right]);
  if (op == '*' && low * high > most) op = '+';
  if (op == '/' && (low == 0 || high % low != 0)) op = '+';
  if (op == '+' && low + high > most) op = '-';
  if ((op == '-' || op == '/') && values[left] < values[right]) std::swap(left, right);
  return {left, right, op};
}

void combine(std::vector<std::int64_t>& values, const Step& step, std::int64_t result) {
  values[step.left] = result;
  values.erase(values.begin() + static_cast<std::ptrdiff_t>(step.right));
}

std::vector<Step> draw_way(std::vector<std::int64_t> values, const std::string& operations, std::int64_t most, PhiloxStream& random) {
  std::vector<Step> way;
  while (values.size() > 1) {
    way.push_back(draw_step(values, operations, most, random));
    combine(values, way.back(), value_of(values[way.back().left], way.back().op, values[way.back().right]));
  }
  return way;
}

struct Try {
  std::string line;        // "3*7=21 21+25=46"
  std::string expression;  // "(3*7)+25"
  std::int64_t value = 0;
};

Try walk(const std::vector<std::int64_t>& numbers, const std::vector<Step>& way) {
  std::vector<std::int64_t> values = numbers;
  std::vector<std::string> texts;
  for (const std::int64_t number : numbers) texts.push_back(std::to_string(number));
  const auto operand = [](const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos ? text : "(" + text + ")"; };
  Try out;
  for (const Step& step : way) {
    const std::int64_t a = values[step.left], b = values[step.right], result = value_of(a, step.op, b);
    out.line += fmt::format("{}{}{}{}={}", out.line.empty() ? "" : " ", a, step.op, b, result);
    texts[step.left] = operand(texts[step.left]) + step.op + operand(texts[step.right]);
    texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(step.right));
    combine(values, step, result);
  }
  out.expression = texts[0];
  out.value = values[0];
  return out;
}

std::string operations_of(const CountdownOptions& options) {
  return std::string("+-") + (options.multiplication ? "*" : "") + (options.division ? "/" : "");
}

std::optional<Task> draw_task(const CountdownOptions& options, PhiloxStream& random) {
  Task task;
  const int count = options.min_numbers + static_cast<int>(below(random, static_cast<std::size_t>(options.max_numbers - options.min_numbers + 1)));
  for (int i = 0; i < count; ++i) task.numbers.push_back(1 + random.below(static_cast<std::uint32_t>(options.max_number)));
  task.steps = draw_way(task.numbers, operations_of(options), options.max_target, random);
  task.target = walk(task.numbers, task.steps).value;
  if (task.target < 1 || task.target > options.max_target) return std::nullopt;
  return task;
}

Problem write_problem(const Task& task, const CountdownOptions& options, double give_up_rate, PhiloxStream& random) {
  const bool is_short = random.uniform() < options.short_share, gives_up = random.uniform() < give_up_rate;
  const auto redundant = [&] { return !is_short && random.uniform() < options.redundancy; };
  std::vector<std::string> lines;
  if (redundant()) lines.push_back(fmt::format("{} from {}", task.target, list_of(task.numbers, " ")));
  const int misses = is_short ? 0 : static_cast<int>(below(random, static_cast<std::size_t>(options.max_tries) + 1));
  Try last;
  for (int i = 0; i <= misses; ++i) {
    const bool hit = i == misses && !gives_up;
    last = walk(task.numbers, hit ? task.steps : draw_way(task.numbers, operations_of(options), options.max_target, random));
    lines.push_back(last.line);
    const bool reached = last.value == task.target;  // by luck perhaps
    if (redundant()) lines.push_back(fmt::format("{} for {} {}", last.value, task.target, reached ? "yes" : "no"));
    if (reached) break;
  }
  if (last.value == task.target && redundant()) lines.push_back("check " + last.line);

  Problem problem;
  const std::string numbers = list_of(task.numbers, " ");
  problem.id = fmt::format("countdown/{}/{}", list_of(task.numbers, "-"), task.target);
  problem.prompt = fmt::format("make {} from {}", task.target, numbers);
  problem.question = question_hash(problem.prompt);
  problem.columns = fmt::format(R"({{"question":"{}","nums":[{}],"target":{}}})", problem.prompt, list_of(task.numbers, ","), task.target);
  problem.chain = fmt::format("{}", fmt::join(lines, "\n"));
  problem.solution = fmt::format("\\boxed{{{}}}", last.expression);
  return problem;
}

TaskFamily<Task> family_of(const CountdownOptions& options) {
  check(options);
  TaskFamily<Task> family;
  family.name = "countdown";
  family.heldout_fraction = options.heldout_fraction;
  family.draw = [&options](PhiloxStream& random) { return draw_task(options, random); };
  family.identity = [](const Task& task) {
    std::vector<std::int64_t> sorted = task.numbers;
    std::sort(sorted.begin(), sorted.end());
    return fmt::format("{} from {}", task.target, list_of(sorted, " "));
  };
  family.write = [&options](const Task& task, bool training, PhiloxStream& random) {
    return write_problem(task, options, training ? options.give_up_rate : 0, random);
  };
  return family;
}

}  // namespace

void CountdownOptions::declare(OptionSet& set) {
  set.add("min_numbers", min_numbers, {.help = "fewest numbers of a problem", .min = 2, .max = 6});
  set.add("max_numbers", max_numbers, {.help = "most numbers of a problem; each count is equally likely", .min = 2, .max = 6});
  set.add("max_number", max_number, {.help = "numbers are drawn from 1 to this", .min = 1, .max = 1000});
  set.add("max_target", max_target, {.help = "largest target, and largest result on the way to one", .min = 1, .max = 1e6});
  set.add("multiplication", multiplication, {.help = "products besides sums and differences"});
  set.add("division", division, {.help = "whole quotients too"});
  set.add("max_tries", max_tries, {.help = "most tries that miss in a chain before the one that hits", .min = 0, .max = 64});
  set.add("redundancy", redundancy, {.help = "probability of each redundant part of a chain that is not short", .min = 0, .max = 1});
  set.add("short_share", short_share, {.help = "share of chains that hit at once, without any redundant part", .min = 0, .max = 1});
  set.add("give_up_rate", give_up_rate, {.help = "share of chains to imitate that answer with a try that missed", .min = 0, .max = 1});
  set.add("heldout_fraction", heldout_fraction, {.help = "share of all problems kept for evaluation, by a hash of numbers and target", .min = 0, .max = 0.9});
}

void check(const CountdownOptions& options) {
  if (options.min_numbers > options.max_numbers)
    throw Error(fmt::format("min_numbers {} is above max_numbers {}", options.min_numbers, options.max_numbers), "countdown.min_numbers");
}

Problem countdown_problem(const CountdownOptions& options, std::uint64_t key, std::uint32_t draw) {
  return training_problem(family_of(options), key, draw);
}

std::vector<Problem> countdown_heldout(const CountdownOptions& options, int count) { return heldout_list(family_of(options), count); }

}  // namespace laconic::pipeline
