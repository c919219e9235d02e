#include "pipeline/data/jsonl.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

struct BadLine : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string_view trimmed(std::string_view text) {
  const char* const blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// GSM8K marks its calculator calls: "3*4=$<<3*4=12>>12".
std::string without_calculator_marks(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("<<"), close = open == std::string_view::npos ? open : text.find(">>", open);
    if (close == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, open));
    text.remove_prefix(close + 2);
  }
}

std::string prompt_of(const nlohmann::json& row, const JsonlOptions& options) {
  const std::vector<std::string> candidates =
      options.prompt_column.empty() ? std::vector<std::string>{"question", "prompt", "problem"} : std::vector<std::string>{options.prompt_column};
  for (const std::string& name : candidates) {
    const auto found = row.find(name);
    if (found == row.end()) continue;
    if (!found->is_string()) throw BadLine(fmt::format("column \"{}\" is {}, not a string", name, found->type_name()));
    std::string prompt = found->get<std::string>();
    if (trimmed(prompt).empty()) throw BadLine(fmt::format("column \"{}\" is empty", name));
    return prompt;
  }
  throw BadLine(fmt::format("no column \"{}\"", fmt::join(candidates, "\" or \"")));
}

// The worked text before "####" is the chain, what follows it the boxed solution; a row may also
// bring a "chain" of its own, which goes with a plain answer.
void fill_solution(const nlohmann::json& row, const nlohmann::json& answer, Problem& problem) {
  const auto chain = row.find("chain");
  if (chain != row.end() && chain->is_string()) problem.chain = chain->get<std::string>();
  std::string final_answer = answer.is_string() ? answer.get<std::string>() : answer.dump();
  if (const std::size_t mark = final_answer.rfind("####"); mark != std::string::npos) {
    if (problem.chain.empty()) problem.chain = std::string(trimmed(without_calculator_marks(final_answer.substr(0, mark))));
    final_answer = final_answer.substr(mark + 4);
  }
  if (!problem.chain.empty()) problem.solution = fmt::format("\\boxed{{{}}}", trimmed(final_answer));
}

Problem problem_of(std::string_view line, const std::string& id, const JsonlOptions& options) {
  nlohmann::json row;
  try {
    row = nlohmann::json::parse(line);
  } catch (const nlohmann::json::parse_error& error) {
    throw BadLine(fmt::format("not valid JSON (byte {})", error.byte));
  }
  if (!row.is_object()) throw BadLine(fmt::format("a JSON {}, not an object", row.type_name()));
  Problem problem;
  problem.id = id;
  problem.prompt = prompt_of(row, options);
  const std::string answer_name = options.answer_column.empty() ? "answer" : options.answer_column;
  const auto answer = row.find(answer_name);
  if (answer == row.end()) throw BadLine(fmt::format("no column \"{}\"", answer_name));
  fill_solution(row, *answer, problem);
  if (options.needs_chains && problem.chain.empty()) throw BadLine("no worked solution to imitate (text before \"####\", or a column \"chain\")");
  if (answer_name != "answer") row["answer"] = *answer;  // verifiers read the gold there
  problem.columns = row.dump();
  return problem;
}

}  // namespace

JsonlRows parse_jsonl(const std::string& text, const std::string& name, const JsonlOptions& options) {
  JsonlRows rows;
  std::size_t begin = 0;
  for (int number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    const std::string id = fmt::format("{}:{}", name, number);
    try {
      rows.problems.push_back(problem_of(line, id, options));
    } catch (const BadLine& bad) {
      if (!options.skip_bad_lines) throw Error(bad.what(), id, "correct the line, or set data.on_bad_line = \"skip\"");
      rows.skipped.push_back(id + ": " + bad.what());
    }
  }
  if (rows.problems.empty()) {
    throw Error(fmt::format("the file has no usable row ({} skipped)", rows.skipped.size()), name, "give a file with one JSON object a line");
  }
  return rows;
}

JsonlRows load_jsonl(const fs::path& path, const JsonlOptions& options) {
  return parse_jsonl(read_file(path), path.string(), options);
}

}  // namespace laconic::pipeline
