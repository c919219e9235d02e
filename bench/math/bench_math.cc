// bench_math CASES.jsonl [PASSES]: grades every row of kind "verify" without `policy`, prints each
// wrong one and, as the last line, a JSON object: right, false positives, gradings a second (total
// and by the median), p99 and worst case. The counterpart for Math-Verify is grade_with_math_verify.py beside
// this file.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "verifiers/math/math_verifier.h"

using laconic::Outcome;
using laconic::verifiers::Reasoning;
using laconic::verifiers::Verdict;
using laconic::verifiers::VerifyRequest;
using laconic::verifiers::math::MathOptions;
using laconic::verifiers::math::MathVerifier;

namespace {

struct Case {
  std::string id, gold, response, columns;
  bool expected = false;
};

std::vector<Case> read_cases(const char* path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    if (row.value("kind", "") != "verify" || row.contains("policy")) continue;
    Case one{row["id"], row["gold"], row["pred"], {}, row["expected"]};
    // In some multiple-choice rows the response stands in `gold`.
    if (one.gold.find("answer is") != std::string::npos || (one.response.size() == 1 && one.gold.size() > 1 && row.value("group", "").starts_with("mcq"))) std::swap(one.gold, one.response);
    one.columns = nlohmann::json{{"answer", one.gold}}.dump();
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CASES.jsonl [PASSES]\n", argv[0]);
    return 2;
  }
  const int passes = argc > 2 ? std::atoi(argv[2]) : 1;
  const std::vector<Case> cases = read_cases(argv[1]);
  MathOptions options;
  options.bare = true;
  options.last_number = true;
  const MathVerifier verifier(options, Reasoning::kNone);
  int right = 0, false_positives = 0, undecided = 0;
  std::vector<double> micros;
  for (int pass = 0; pass < passes; ++pass) {
    for (const Case& one : cases) {
      VerifyRequest request;
      request.response = one.response;
      request.columns = one.columns;
      const auto start = std::chrono::steady_clock::now();
      const Verdict verdict = verifier.verify(request);
      micros.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
      if (pass > 0) continue;
      const bool passed = verdict.outcome == Outcome::kPass;
      if (passed == one.expected) ++right;
      else std::cout << one.id << "  expected " << (one.expected ? "pass" : "fail") << ", " << name_of(verdict.outcome) << "\n    gold " << one.gold << "\n    pred " << one.response << "\n    " << verdict.explanation << "\n";
      if (passed && !one.expected) ++false_positives;
      if (verdict.outcome == Outcome::kUndecided) ++undecided;
    }
  }
  double total = 0;
  for (const double t : micros) total += t;
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double share) { return micros[std::min(micros.size() - 1, static_cast<std::size_t>(share * static_cast<double>(micros.size())))]; };
  std::cout << nlohmann::json{{"cases", cases.size()}, {"right", right}, {"false_positives", false_positives}, {"undecided", undecided}, {"per_second_total", static_cast<double>(micros.size()) / total * 1e6},
                              {"per_second_median", 1e6 / at(0.5)}, {"median_us", at(0.5)}, {"p99_us", at(0.99)}, {"worst_us", micros.back()}}.dump()
            << "\n";
}
