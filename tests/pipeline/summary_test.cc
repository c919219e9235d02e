#include "pipeline/summary.h"

#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

Summary example() {
  Summary s;
  s.run = "math-1";
  s.state = "finished";
  s.stage = "rl";
  s.step = 40;
  s.before = EvalResult{"rl", 0, 100, 1, 100, 0, 0.40, 0.31, 0.50, 0.4, 60, 150, 0.1};
  s.after = EvalResult{"rl", 40, 100, 1, 100, 0, 0.70, 0.60, 0.78, 0.7, 30, 43, 0.0};
  s.best = s.after;
  s.best_checkpoint = "rl-000040";
  s.wall_s = 61;
  s.peak_rss_mb = 900;
  s.max_abs_logprob_diff = 0;
  s.weights_sha256 = std::string(64, 'a');
  s.earned = 0.7;
  s.has_rl = true;
  return s;
}

TEST(Summary, RoundTrips) {
  const std::string json = summary_json(example());
  EXPECT_EQ(summary_json(parse_summary(json, "x")), json);
  const std::string empty = summary_json({});
  EXPECT_EQ(summary_json(parse_summary(empty, "x")), empty);
  EXPECT_FALSE(parse_summary(empty, "x").max_abs_logprob_diff.has_value()) << "not measured is not 0";
  expect_error([] { parse_summary("{", "runs/a/summary.json"); }, {"runs/a/summary.json"});
}

TEST(Summary, TextSaysWhatChanged) {
  const std::string text = summary_text(example());
  for (const char* part : {"40.0 %", "70.0 %", "more accurate by 30.0 points", "-50 % tokens", "|Δ log-prob| 0", "rl-000040"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("earns nothing"), std::string::npos);
}

TEST(Summary, OverlappingIntervalsAreNoTriumph) {
  Summary s = example();
  s.after->accuracy = 0.45;
  s.after->accuracy_low = 0.36;
  EXPECT_NE(summary_text(s).find("intervals overlap"), std::string::npos);
}

TEST(Summary, ARunThatEarnedNothingSaysSo) {
  Summary s = example();
  s.earned = 0;
  EXPECT_NE(summary_text(s).find("earns nothing"), std::string::npos);
}

}  // namespace
}  // namespace laconic::pipeline
