#include "pipeline/data/code_small.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/generated.h"

namespace laconic::pipeline {
namespace {

struct Base {
  const char* words;
  const char* python;
  bool compound;  // needs parentheses as a factor
  std::int64_t (*value)(std::int64_t a, std::int64_t b);
};
constexpr std::array<Base, 9> kBases = {{
    {"a", "a", false, [](std::int64_t a, std::int64_t) { return a; }},
    {"b", "b", false, [](std::int64_t, std::int64_t b) { return b; }},
    {"the sum of a and b", "a + b", true, [](std::int64_t a, std::int64_t b) { return a + b; }},
    {"a minus b", "a - b", true, [](std::int64_t a, std::int64_t b) { return a - b; }},
    {"b minus a", "b - a", true, [](std::int64_t a, std::int64_t b) { return b - a; }},
    {"the product of a and b", "a * b", false, [](std::int64_t a, std::int64_t b) { return a * b; }},
    {"the larger of a and b", "max(a, b)", false, [](std::int64_t a, std::int64_t b) { return std::max(a, b); }},
    {"the smaller of a and b", "min(a, b)", false, [](std::int64_t a, std::int64_t b) { return std::min(a, b); }},
    {"the distance of a and b", "abs(a - b)", false, [](std::int64_t a, std::int64_t b) { return std::max(a, b) - std::min(a, b); }},
}};

struct Change {
  const char* words;   // after the base's, with the constant
  const char* python;  // with base and constant
  bool factor;         // the base must be a factor
  std::int64_t (*value)(std::int64_t base, std::int64_t k);
};
constexpr std::array<Change, 4> kChanges = {{
    {"{}", "{}", false, [](std::int64_t base, std::int64_t) { return base; }},
    {"{} plus {}", "{} + {}", false, [](std::int64_t base, std::int64_t k) { return base + k; }},
    {"{} minus {}", "{} - {}", false, [](std::int64_t base, std::int64_t k) { return base - k; }},
    {"{} times {}", "{} * {}", true, [](std::int64_t base, std::int64_t k) { return base * k; }},
}};

// One printed value: a base, changed by a constant.
struct Output {
  std::size_t base, change;
  std::int64_t constant;

  std::string words() const { return fmt::format(fmt::runtime(kChanges[change].words), kBases[base].words, constant); }
  std::string python() const {
    const std::string inner = kBases[base].python;
    return fmt::format(fmt::runtime(kChanges[change].python), kChanges[change].factor && kBases[base].compound ? "(" + inner + ")" : inner, constant);
  }
  std::int64_t value(std::int64_t a, std::int64_t b) const { return kChanges[change].value(kBases[base].value(a, b), constant); }
};

struct Task {
  bool one_line = true;
  std::vector<Output> outputs;
};

std::uint32_t below(PhiloxStream& random, std::size_t bound) { return random.below(static_cast<std::uint32_t>(bound)); }

Output draw_output(const CodeSmallOptions& options, PhiloxStream& random) {
  Output output{};
  output.base = below(random, kBases.size());
  output.change = below(random, kChanges.size());
  output.constant = 2 + below(random, static_cast<std::size_t>(options.max_constant) - 1);
  return output;
}

Task draw_task(const CodeSmallOptions& options, PhiloxStream& random) {
  Task task;
  task.one_line = random.below(2) == 0;
  const std::size_t count = 1 + below(random, static_cast<std::size_t>(options.max_outputs));
  for (std::size_t i = 0; i < count; ++i) task.outputs.push_back(draw_output(options, random));
  return task;
}

std::string text_of(const Task& task) {
  std::vector<std::string> words;
  for (const Output& output : task.outputs) words.push_back(output.words());
  return fmt::format("Read a and b from {}. Print {}.", task.one_line ? "one line" : "two lines", fmt::join(words, ", then "));
}

std::string program_of(const Task& task, const std::vector<std::string>& expressions) {
  std::string program = task.one_line ? "a, b = map(int, input().split())\n" : "a = int(input())\nb = int(input())\n";
  for (const std::string& expression : expressions) program += "print(" + expression + ")\n";
  return program;
}

// Inputs depend on the task alone: both signs, equal numbers, zero, then anything.
nlohmann::json tests_of(const Task& task, int count) {
  PhiloxStream random(generator_key(question_hash(text_of(task))), 1);
  nlohmann::json tests = nlohmann::json::array();
  for (int i = 0; i < count; ++i) {
    std::int64_t a = static_cast<std::int64_t>(random.below(200)) - 100, b = static_cast<std::int64_t>(random.below(200)) - 100;
    if (i == 1) a = -1 - std::abs(a), b = 1 + std::abs(b);
    if (i == 2) b = a;
    if (i == 3) a = 0;
    if (i == 4 && a < b) std::swap(a, b);
    std::string output;
    for (const Output& o : task.outputs) output += std::to_string(o.value(a, b)) + "\n";
    tests.push_back({{"input", fmt::format("{}{}{}\n", a, task.one_line ? " " : "\n", b)}, {"output", output}});
  }
  return tests;
}

Problem write_problem(const Task& task, const CodeSmallOptions& options, double wrong_rate, PhiloxStream& random) {
  const auto redundant = [&] { return random.uniform() < options.redundancy; };
  std::vector<std::string> lines, expressions;
  if (redundant()) lines.push_back(task.one_line ? "a and b stand on one line" : "a and b stand on two lines");
  for (const Output& output : task.outputs) {
    const bool wrong = wrong_rate > 0 && random.uniform() < wrong_rate;
    expressions.push_back((wrong ? draw_output(options, random) : output).python());
    if (redundant()) lines.push_back(output.words());
    lines.push_back(expressions.back());
  }
  if (redundant()) lines.push_back(fmt::format("print {}", fmt::join(expressions, " and ")));

  Problem problem;
  problem.prompt = text_of(task);
  problem.id = "code_small/" + problem.prompt;
  problem.question = question_hash(problem.prompt);
  problem.columns = nlohmann::json{{"question", problem.prompt}, {"language", "python"}, {"tests", tests_of(task, options.tests)}}.dump();
  problem.chain = fmt::format("{}", fmt::join(lines, "\n"));
  problem.solution = "```python\n" + program_of(task, expressions) + "```";
  return problem;
}

TaskFamily<Task> family_of(const CodeSmallOptions& options) {
  TaskFamily<Task> family;
  family.name = "code_small";
  family.heldout_fraction = options.heldout_fraction;
  family.draw = [&options](PhiloxStream& random) { return std::optional<Task>(draw_task(options, random)); };
  family.identity = text_of;
  family.write = [&options](const Task& task, bool training, PhiloxStream& random) {
    return write_problem(task, options, training ? options.wrong_step_rate : 0, random);
  };
  return family;
}

}  // namespace

void CodeSmallOptions::declare(OptionSet& set) {
  set.add("max_outputs", max_outputs, {.help = "most values a program prints; each count is equally likely", .min = 1, .max = 4});
  set.add("max_constant", max_constant, {.help = "constants in a task are drawn from 2 to this", .min = 2, .max = 1000});
  set.add("tests", tests, {.help = "inputs that a program is run on", .min = 1, .max = 1000});
  set.add("redundancy", redundancy, {.help = "probability of each redundant line of a chain", .min = 0, .max = 1});
  set.add("wrong_step_rate", wrong_step_rate, {.help = "probability that an expression is wrong in a chain to imitate", .min = 0, .max = 1});
  set.add("heldout_fraction", heldout_fraction, {.help = "share of all problems kept for evaluation, by a hash of the text", .min = 0, .max = 0.9});
}

Problem code_small_problem(const CodeSmallOptions& options, std::uint64_t key, std::uint32_t draw) {
  return training_problem(family_of(options), key, draw);
}

std::vector<Problem> code_small_heldout(const CodeSmallOptions& options, int count) { return heldout_list(family_of(options), count); }

}  // namespace laconic::pipeline
