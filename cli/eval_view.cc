#include "cli/eval_view.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/format.h"
#include "cli/table.h"

namespace laconic::cli {
namespace {

using pipeline::EvalResult;

std::string budget_name(const EvalRow& row) { return row.think_budget ? std::to_string(*row.think_budget) : "none"; }

std::optional<double> if_counted(const EvalResult& r, double value) { return r.counted > 0 ? std::optional(value) : std::nullopt; }
std::optional<double> if_any(double value) { return value > 0 ? std::optional(value) : std::nullopt; }

// pass@k of a row; absent when no problem has k verdicts.
std::optional<double> pass_of(const EvalResult& r, int k) {
  for (const auto& [of, value] : r.pass_at)
    if (of == k) return value;
  return std::nullopt;
}

// The k of pass@k beyond the accuracy itself.
std::vector<int> ks_of(const std::vector<EvalRow>& rows) {
  std::vector<int> ks;
  for (const EvalRow& row : rows)
    for (const auto& [k, value] : row.result.pass_at)
      if (k > 1 && std::find(ks.begin(), ks.end(), k) == ks.end()) ks.push_back(k);
  std::sort(ks.begin(), ks.end());
  return ks;
}

std::string accuracy_name(const EvalResult& r) { return r.samples > 1 ? fmt::format("avg@{}", r.samples) : "accuracy"; }

std::string lines(const EvalRow& row) {
  const EvalResult& r = row.result;
  std::string out;
  const auto line = [&](const std::string& name, const std::string& value) { out += fmt::format("{:<19} {}\n", name, value); };
  if (r.counted > 0)
    line(accuracy_name(r), fmt::format("{}  (95 % interval {:.1f} to {:.1f})", percent(r.accuracy), 100 * r.accuracy_low, 100 * r.accuracy_high));
  else
    line(accuracy_name(r), "– no sample got a verdict");
  for (const auto& [k, value] : r.pass_at)
    if (k > 1) line(fmt::format("pass@{}", k), percent(value));
  line("tokens", fmt::format("{:.1f} a response, {} for each correct answer", r.mean_tokens, fixed(if_any(r.tokens_per_correct), 1)));
  line("tokens by verdict", fmt::format("{} when correct, {} when wrong", fixed(if_any(r.tokens_correct), 1), fixed(if_any(r.tokens_wrong), 1)));
  line("cut at the limit", percent(r.truncated));
  if (row.think_budget) line("thinking ended", fmt::format("{} by the budget of {} tokens", percent(r.forced), *row.think_budget));
  for (const auto& [tokens, accuracy] : row.within) line(fmt::format("right within {}", tokens), percent(accuracy));
  std::string verdicts;
  for (const auto& [outcome, count] : r.outcomes) verdicts += fmt::format("{}{} {}", verdicts.empty() ? "" : ", ", name_of(outcome), count);
  if (!verdicts.empty()) line("verdicts", verdicts);
  if (r.absent > 0) line("absent", fmt::format("{} of {} samples: without a verdict, not wrong", r.absent, r.absent + r.counted));
  return out;
}

Table table_of(const std::vector<EvalRow>& rows) {
  const std::vector<int> ks = ks_of(rows);
  const bool absent = std::any_of(rows.begin(), rows.end(), [](const EvalRow& row) { return row.result.absent > 0; });
  std::vector<Table::Column> columns = {{"thinking", true}, {accuracy_name(rows.front().result), true}, {"95 %", true}};
  for (const int k : ks) columns.push_back({fmt::format("pass@{}", k), true});
  for (const char* title : {"tokens", "correct", "wrong", "per correct", "cut", "ended"}) columns.push_back({title, true});
  for (const auto& [tokens, accuracy] : rows.front().within) columns.push_back({fmt::format("≤ {}", tokens), true});
  if (absent) columns.push_back({"absent", true});
  Table table(columns);
  for (const EvalRow& row : rows) {
    const EvalResult& r = row.result;
    std::vector<std::string> cells = {budget_name(row), percent(if_counted(r, r.accuracy)),
                                      r.counted > 0 ? fmt::format("{:.1f}–{:.1f}", 100 * r.accuracy_low, 100 * r.accuracy_high) : "–"};
    for (const int k : ks) cells.push_back(percent(pass_of(r, k)));
    for (const double tokens : {r.mean_tokens, r.tokens_correct, r.tokens_wrong, r.tokens_per_correct}) cells.push_back(fixed(if_any(tokens), 1));
    cells.push_back(percent(r.truncated));
    cells.push_back(row.think_budget ? percent(r.forced) : "–");
    for (const auto& [tokens, accuracy] : row.within) cells.push_back(percent(accuracy));
    if (absent) cells.push_back(std::to_string(r.absent));
    table.add(cells);
  }
  return table;
}

int widest_line(const std::string& text) {
  std::istringstream in(text);
  int widest = 0;
  for (std::string line; std::getline(in, line);) widest = std::max(widest, display_width(line));
  return widest;
}

// Accuracy as bars, by rising mean tokens.
std::string plot(std::vector<EvalRow> rows, int width) {
  std::stable_sort(rows.begin(), rows.end(), [](const EvalRow& a, const EvalRow& b) { return a.result.mean_tokens < b.result.mean_tokens; });
  const int columns = std::clamp((width > 0 ? width : 80) - 27, 5, 50);
  std::string out = fmt::format("{:>8}   accuracy\n", "tokens");
  for (const EvalRow& row : rows)
    out += fmt::format("{:>8} ▕{}▏ {}\n", fixed(row.result.mean_tokens, 1), bar(row.result.accuracy, columns), percent(if_counted(row.result, row.result.accuracy)));
  return out;
}

}  // namespace

std::string eval_view(const std::vector<EvalRow>& rows, int width, const Style& style) {
  if (rows.size() == 1) return lines(rows.front());
  const Table table = table_of(rows);
  std::string text;
  if (width > 0 && widest_line(table.text(0, {})) > width)
    for (const EvalRow& row : rows) text += style.bold(fmt::format("thinking            {}", row.think_budget ? fmt::format("at most {} tokens", *row.think_budget) : "without a budget")) + "\n" + lines(row) + "\n";
  else
    text = table.text(width, style) + "\n";
  return text + plot(rows, width);
}

Json eval_row_json(const EvalRow& row) {
  const EvalResult& r = row.result;
  const auto number = [](std::optional<double> value) { return value ? Json(*value) : Json(); };
  Json pass = Json::object(), within = Json::array();
  for (const auto& [k, value] : r.pass_at) pass[std::to_string(k)] = value;
  Json outcomes = Json::object();
  for (const auto& [outcome, count] : r.outcomes) outcomes[std::string(name_of(outcome))] = count;
  for (const auto& [tokens, accuracy] : row.within) within.push_back({{"tokens", tokens}, {"accuracy", number(if_counted(r, accuracy))}});
  return {{"think_budget", row.think_budget ? Json(*row.think_budget) : Json()}, {"counted", r.counted}, {"absent", r.absent}, {"outcomes", outcomes},
          {"accuracy", number(if_counted(r, r.accuracy))}, {"accuracy_low", number(if_counted(r, r.accuracy_low))},
          {"accuracy_high", number(if_counted(r, r.accuracy_high))}, {"pass_at", pass}, {"mean_tokens", r.mean_tokens},
          {"tokens_correct", number(if_any(r.tokens_correct))}, {"tokens_wrong", number(if_any(r.tokens_wrong))},
          {"tokens_per_correct", number(if_any(r.tokens_per_correct))}, {"truncated", r.truncated},
          {"forced", row.think_budget ? Json(r.forced) : Json()}, {"budgets", within}};
}

}  // namespace laconic::cli
