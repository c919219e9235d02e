// The verifier of @NAME@, a shared object. Build and try it:
//
//   g++ -std=c++17 -O2 -shared -fPIC -o @NAME@/libverifier.so @NAME@/verifier.cc
//   laconic verify run @NAME@/verifier.toml @NAME@/cases.jsonl
#include "laconic_verifier.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

// Right when both are numbers that differ by at most a millionth, or the same text.
static bool equal(const char* answer, const char* gold) {
  char *answer_end = nullptr, *gold_end = nullptr;
  const double a = std::strtod(answer, &answer_end), b = std::strtod(gold, &gold_end);
  if (answer_end != answer && *answer_end == 0 && gold_end != gold && *gold_end == 0) return a - b <= 1e-6 && b - a <= 1e-6;
  return std::strcmp(answer, gold) == 0;
}

LACONIC_VERIFIER int laconic_verifier_version(void) { return LACONIC_VERIFIER_VERSION; }

LACONIC_VERIFIER int laconic_verify(const laconic_request* request, laconic_verdict* verdict) {
  if (!request->gold) {
    std::snprintf(verdict->explanation, sizeof verdict->explanation, "the row has no gold");
    verdict->outcome = LACONIC_UNDECIDED;
    return 0;
  }
  if (!request->answer) {
    std::snprintf(verdict->explanation, sizeof verdict->explanation, "no marked answer after the reasoning");
    verdict->outcome = LACONIC_NO_ANSWER;
    return 0;
  }
  const bool right = equal(request->answer, request->gold);
  verdict->outcome = right ? LACONIC_PASS : LACONIC_FAIL;
  verdict->score = right ? 1 : 0;
  std::snprintf(verdict->extracted, sizeof verdict->extracted, "%s", request->answer);
  std::snprintf(verdict->explanation, sizeof verdict->explanation, "%s the gold %.200s", right ? "equal to" : "not equal to", request->gold);
  return 0;
}
