#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verifiers/builtin/expression.h"
#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

using Json = nlohmann::json;

struct Task {
  std::int64_t target = 0;
  std::vector<std::int64_t> numbers;
};

// {"target", "nums" | "numbers"}, in the row or, as verl has it, in reward_model.ground_truth.
std::optional<Task> read_task(const std::string& columns, std::string& why) {
  const Json row = Json::parse(columns, nullptr, false);
  const Json* at = &row;
  if (row.is_object() && !row.contains("target"))
    if (const auto model = row.find("reward_model"); model != row.end() && model->is_object() && model->contains("ground_truth")) at = &(*model)["ground_truth"];
  Task task;
  if (!at->is_object() || !at->contains("target") || !(*at)["target"].is_number_integer()) {
    why = "the row has no whole number in the column `target`";
    return std::nullopt;
  }
  task.target = (*at)["target"].get<std::int64_t>();
  const char* name = at->contains("nums") ? "nums" : "numbers";
  if (at->contains(name) && (*at)[name].is_array())
    for (const Json& number : (*at)[name]) {
      if (!number.is_number_integer() || number.get<std::int64_t>() < 0) {
        why = std::string("the column `") + name + "` holds what is no whole number";
        return std::nullopt;
      }
      task.numbers.push_back(number.get<std::int64_t>());
    }
  if (task.numbers.empty()) {
    why = "the row has no numbers in the column `nums`";
    return std::nullopt;
  }
  return task;
}

class Countdown : public Verifier {
 public:
  Countdown(const CountdownOptions& options, Reasoning reasoning) : options_(options), reasoning_(reasoning) {}

  Verdict verify(const VerifyRequest& request) const override {
    std::string why;
    const auto task = read_task(request.columns, why);
    if (!task) return undecided(why);
    const Answer answer = marked_answer(request, reasoning_);
    if (answer.none) return *answer.none;
    const auto fail = [&](const std::string& reason) { return decided(false, answer.text, reason); };

    // "expression = value" is one more way to write it; the value must then be right too.
    const std::size_t sign = answer.text.rfind('=');
    const auto left = evaluate(answer.text.substr(0, sign));
    if (!left) return fail("\"" + shown(answer.text) + "\" is no expression: " + left.error());
    if (sign != std::string_view::npos) {
      const auto right = evaluate(answer.text.substr(sign + 1));
      if (!right) return fail("what stands after `=` is no expression: " + right.error());
      if (!(right->value == left->value)) return fail("the two sides of `=` differ: " + to_text(left->value) + " and " + to_text(right->value));
    }
    std::vector<std::int64_t> used = left->numbers, given = task->numbers;
    std::sort(used.begin(), used.end());
    std::sort(given.begin(), given.end());
    std::vector<std::int64_t> extra, unused;
    std::set_difference(used.begin(), used.end(), given.begin(), given.end(), std::back_inserter(extra));
    std::set_difference(given.begin(), given.end(), used.begin(), used.end(), std::back_inserter(unused));
    if (!extra.empty()) return fail(fmt::format("it uses {}, which is not given or used up", extra.front()));
    if (options_.use_all && !unused.empty()) return fail(fmt::format("it does not use {}", unused.front()));
    const bool right = left->value == Rational{task->target, 1};
    return decided(right, answer.text, "its value is " + to_text(left->value) + (right ? ", the target" : fmt::format(", not the target {}", task->target)));
  }

  std::optional<std::string> bad_row(const std::string& columns) const override {
    std::string why;
    return read_task(columns, why) ? std::nullopt : std::optional(why);
  }

 private:
  CountdownOptions options_;
  Reasoning reasoning_;
};

}  // namespace

std::unique_ptr<Verifier> make_countdown(const CountdownOptions& options, Reasoning reasoning) { return std::make_unique<Countdown>(options, reasoning); }

}  // namespace laconic::verifiers::builtin
