// The shared test data, where LACONIC_TEST_DATA names it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace laconic::verifiers::math {

inline const char* test_data() { return std::getenv("LACONIC_TEST_DATA"); }

inline std::vector<nlohmann::json> rows_of(const std::string& file) {
  std::vector<nlohmann::json> rows;
  std::ifstream in(std::string(test_data()) + "/" + file);
  for (std::string line; std::getline(in, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

// The last \boxed or \fbox of a worked solution by counting braces: written apart from the verifier's
// own extraction, which is tested against it.
inline std::optional<std::string> boxed_answer(const std::string& solution) {
  std::size_t at = std::string::npos;
  for (const char* name : {"\\boxed", "\\fbox"}) {
    const std::size_t found = solution.rfind(name);
    if (found != std::string::npos && (at == std::string::npos || found > at)) at = found;
  }
  if (at == std::string::npos) return std::nullopt;
  std::size_t i = solution.find_first_of("{ ", at);
  while (i < solution.size() && solution[i] == ' ') ++i;
  if (i >= solution.size()) return std::nullopt;
  if (solution[i] != '{') return solution.substr(i, solution.find_first_of("$ ,.", i) - i);
  int depth = 0;
  for (std::size_t k = i; k < solution.size(); ++k) {
    if (solution[k] == '{') ++depth;
    if (solution[k] == '}' && --depth == 0) return solution.substr(i + 1, k - i - 1);
  }
  return std::nullopt;
}

// The distinct golds of MATH, MATH-500, OlympiadBench, AIME 2024 and AMC 2023, as texts.
inline std::set<std::string> all_golds() {
  std::set<std::string> golds;
  for (const auto& row : rows_of("math_test.jsonl")) {
    if (const auto gold = boxed_answer(row["solution"])) golds.insert(*gold);
  }
  for (const char* file : {"math500.jsonl", "aime24.jsonl", "amc23.jsonl"}) {
    for (const auto& row : rows_of(file)) golds.insert(row["answer"].is_string() ? row["answer"].get<std::string>() : row["answer"].dump());
  }
  for (const auto& row : rows_of("olympiadbench.jsonl")) {
    for (const auto& answer : row["final_answer"]) golds.insert(answer.get<std::string>());
  }
  return golds;
}

}  // namespace laconic::verifiers::math
