// `laconic bench sandbox` measures what it says, and its programs are there.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/bench.h"
#include "cli/commands.h"

namespace laconic::cli {
namespace {

using Json = nlohmann::json;

std::string printed(const std::vector<std::string>& words, int& code) {
  testing::internal::CaptureStdout();
  code = run_words(words);
  std::fflush(stdout);
  return testing::internal::GetCapturedStdout();
}

TEST(BenchSandbox, TellsRunsAndMachine) {
  int code = -1;
  const Json json = Json::parse(printed({"bench", "sandbox", "--no-compile", "--repeat", "2", "--runs", "10", "--json"}, code));
  EXPECT_EQ(code, 0);
  EXPECT_EQ(json["subject"], "sandbox");
  EXPECT_FALSE(json["machine"]["kernel"].get<std::string>().empty());
  EXPECT_FALSE(json["machine"]["instruction_sets"].empty());
  EXPECT_THAT(json["setting"].get<std::string>(), testing::HasSubstr("level "));
  std::set<std::string> bars;
  for (const Json& m : json["measures"]) {
    EXPECT_EQ(m["samples"].size(), 2u) << m;
    for (const Json& sample : m["samples"]) EXPECT_GT(sample.get<double>(), 0) << m;
    if (!m["bar"].is_null()) bars.insert(m["name"].get<std::string>());
  }
  EXPECT_EQ(bars, (std::set<std::string>{"Python run / bare fork", "Python runs, all slots", "static C++ runs, all slots"}));
}

TEST(BenchSandbox, ATableForPeople) {
  int code = -1;
  const std::string text = printed({"bench", "sandbox", "--no-compile", "--repeat", "1", "--runs", "10"}, code);
  EXPECT_EQ(code, 0);
  EXPECT_THAT(text, testing::HasSubstr("Python runs, all slots"));
  EXPECT_THAT(text, testing::HasSubstr("median"));
}

TEST(BenchSandbox, NamesWhatIsMissing) {
  int code = -1;
  testing::internal::CaptureStderr();
  printed({"bench", "sandbox", "--programs", "/nonexistent", "--repeat", "1", "--runs", "10"}, code);
  EXPECT_EQ(code, 3);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("--programs"));
}

TEST(BenchSandbox, FiftyProgramsOfManyKinds) {
  const fs::path folder = fs::path(std::getenv("LACONIC_SOURCE")) / "bench/contest";
  std::set<std::string> texts;
  int with_all = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string text = read_file(entry.path());
    EXPECT_EQ(text.rfind("// ", 0), 0u) << entry.path() << " does not say what it does";
    EXPECT_TRUE(texts.insert(text).second);
    with_all += text.find("#include <bits/stdc++.h>") != std::string::npos;
  }
  EXPECT_EQ(texts.size(), 50u);
  EXPECT_LT(with_all, 50) << "some are to name their headers one by one";
}

TEST(Bench, BestAndMedian) {
  const Measure rate{"rate", "a minute", {3, 9, 5, 7}, true, 8, {}}, time{"time", "ms", {3, 9, 5}, false, 2, {}};
  EXPECT_EQ(rate.best(), 9);
  EXPECT_EQ(rate.median(), 6);
  EXPECT_EQ(time.best(), 3);
  EXPECT_EQ(time.median(), 5);
  EXPECT_EQ(rate.reached(), true);
  EXPECT_EQ(time.reached(), false);
  EXPECT_EQ(ratio("r", rate, time, {}, true).samples, (std::vector<double>{1, 1, 1}));
}

}  // namespace
}  // namespace laconic::cli
