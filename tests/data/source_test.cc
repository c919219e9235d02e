#include "pipeline/data/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "pipeline/data/shuffle.h"

namespace laconic::pipeline {
namespace {

class FileOfRows : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::path(::testing::TempDir()) / "laconic_source_test.jsonl";
    std::string text;
    for (int i = 0; i < kRows; ++i) text += "{\"question\":\"q" + std::to_string(i) + "\",\"answer\":\"" + std::to_string(i) + "\"}\n";
    write_file_durably(path_, text);
    options_.source = path_.string();
  }
  void TearDown() override { fs::remove(path_); }

  static constexpr int kRows = 100, kDraws = 8;
  fs::path path_;
  DataOptions options_;
};

TEST(Shuffle, IsAPermutationForEverySizeAndDiffersByKey) {
  for (const std::uint64_t size : {1u, 2u, 3u, 7u, 64u, 100u, 1000u, 1025u}) {
    std::set<std::uint64_t> seen;
    std::uint64_t moved = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t image = permuted_index(9, i, size);
      ASSERT_LT(image, size);
      seen.insert(image);
      moved += image != permuted_index(10, i, size);
    }
    EXPECT_EQ(seen.size(), size);
    if (size >= 64) { EXPECT_GT(moved, size / 2); }
  }
}

TEST_F(FileOfRows, EveryEpochVisitsEveryTrainingRowOnceInItsOwnOrder) {
  options_.heldout_fraction = 0;
  const auto source = make_source(options_, kDraws);
  std::vector<std::string> walk;
  for (int position = 0; position < 2 * kRows; ++position) {
    walk.push_back(source->train(5, {.stage = 1, .step = position / kDraws, .draw = position % kDraws}).prompt);
  }
  const std::set<std::string> first(walk.begin(), walk.begin() + kRows), second(walk.begin() + kRows, walk.end());
  EXPECT_EQ(first.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(first, second);
  EXPECT_NE(std::vector<std::string>(walk.begin(), walk.begin() + kRows), std::vector<std::string>(walk.begin() + kRows, walk.end()));
}

TEST_F(FileOfRows, TheOrderIsAPureFunctionOfSeedStageAndRound) {
  const auto walk = [&](std::uint64_t seed, int stage, int round) {
    const auto source = make_source(options_, kDraws);
    std::string all;
    for (int draw = kDraws - 1; draw >= 0; --draw) all += source->train(seed, {.stage = stage, .step = 3, .round = round, .draw = draw}).prompt + " ";
    return all;
  };
  EXPECT_EQ(walk(1, 1, 0), walk(1, 1, 0));
  EXPECT_NE(walk(1, 1, 0), walk(2, 1, 0));
  EXPECT_NE(walk(1, 1, 0), walk(1, 0, 0));
  EXPECT_NE(walk(1, 1, 0), walk(1, 1, 1));
}

TEST_F(FileOfRows, HeldOutRowsAreNeverTrainedOn) {
  const auto source = make_source(options_, kDraws);
  std::set<std::string> heldout;
  for (const Problem& p : source->eval(1000)) heldout.insert(p.prompt);
  EXPECT_GE(heldout.size(), 3u);
  EXPECT_LE(heldout.size(), 20u);
  EXPECT_EQ(source->eval(2).size(), 2u);
  for (int step = 0; step < 3 * kRows / kDraws; ++step) {
    for (int draw = 0; draw < kDraws; ++draw) ASSERT_EQ(heldout.count(source->train(1, {.step = step, .draw = draw}).prompt), 0u);
  }
}

TEST_F(FileOfRows, AnEvaluationFileLeavesAllRowsToTraining) {
  const fs::path eval = fs::path(::testing::TempDir()) / "laconic_source_eval.jsonl";
  write_file_durably(eval, "{\"question\":\"e\",\"answer\":\"1\"}\nbroken\n");
  options_.eval_source = eval.string();
  EXPECT_THROW(make_source(options_, kDraws), Error);
  options_.on_bad_line = "skip";
  const auto source = make_source(options_, kDraws);
  ASSERT_EQ(source->eval(5).size(), 1u);
  EXPECT_THAT(source->eval(5)[0].prompt, ::testing::StartsWith("e\n"));
  ASSERT_EQ(source->skipped().size(), 1u);
  EXPECT_THAT(source->skipped()[0], ::testing::HasSubstr("laconic_source_eval.jsonl:2"));
  fs::remove(eval);
}

TEST_F(FileOfRows, RowsSetAsideAreListedAndNeverDrawn) {
  const auto source = make_source(options_, kDraws);
  const auto last_digit = [](const Problem& p) { return p.columns[p.columns.find("\"q") - 0 + p.columns.substr(p.columns.find("\"q")).find_last_of("0123456789")]; };
  const auto reason = [&](const Problem& p) { return last_digit(p) == '7' ? std::optional<std::string>("the gold is a seven") : std::nullopt; };
  source->set_aside(ProblemSource::Part::kTrain, reason);
  source->set_aside(ProblemSource::Part::kEval, reason);
  EXPECT_EQ(source->skipped().size(), 10u);
  EXPECT_THAT(source->skipped()[0], ::testing::ContainsRegex("laconic_source_test.jsonl:[0-9]+: the gold is a seven"));
  std::set<std::string> drawn;
  for (int i = 0; i < 2 * kRows; ++i) {
    const Problem p = source->train(1, {.step = i / kDraws, .draw = i % kDraws});
    ASSERT_FALSE(reason(p)) << p.id;
    EXPECT_TRUE(source->trains_on(p.question));
    drawn.insert(p.id);
  }
  EXPECT_EQ(drawn.size() + source->eval(1000).size(), 90u);
  for (const Problem& p : source->eval(1000)) EXPECT_FALSE(source->trains_on(p.question));
}

TEST_F(FileOfRows, HalfBadRowsAreAnErrorThatShowsTheFirst) {
  const auto source = make_source(options_, kDraws);
  int asked = 0;
  try {
    source->set_aside(ProblemSource::Part::kTrain, [&](const Problem&) { return asked++ % 10 < 6 ? std::optional<std::string>("no number") : std::nullopt; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("rows cannot be used; the first: "));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("no number"));
  }
}

TEST_F(FileOfRows, TheRecipesVerifierIsForRowsThatNameNone) {
  EXPECT_EQ(make_source(options_, kDraws)->train(1, {}).verifier, "math");
  EXPECT_EQ(make_source(options_, kDraws, false, "python")->train(1, {}).verifier, "python");
  options_.verifier = "integer";
  EXPECT_EQ(make_source(options_, kDraws, false, "python")->train(1, {}).verifier, "integer");
  DataOptions generated;
  EXPECT_EQ(make_source(generated, kDraws)->train(1, {}).verifier, "integer");
  EXPECT_EQ(make_source(generated, kDraws, false, "python")->eval(1)[0].verifier, "python");
  generated.source = "code_small";
  EXPECT_EQ(make_source(generated, kDraws)->train(1, {}).verifier, "code");
  generated.source = "countdown";
  EXPECT_EQ(make_source(generated, kDraws)->eval(1)[0].verifier, "countdown");
}

TEST(Source, GeneratesArithmeticFromTheTicket) {
  const auto source = make_source({}, 24);
  const Ticket ticket{.stage = 1, .step = 4, .draw = 2};
  EXPECT_EQ(source->train(3, ticket).chain, source->train(3, ticket.of_sample(5)).chain);
  std::set<std::string> prompts{source->train(3, ticket).prompt, source->train(4, ticket).prompt,
                                source->train(3, {.stage = 0, .step = 4, .draw = 2}).prompt, source->train(3, {.stage = 1, .step = 5, .draw = 2}).prompt,
                                source->train(3, {.stage = 1, .step = 4, .round = 1, .draw = 2}).prompt};
  EXPECT_GE(prompts.size(), 4u);
  EXPECT_EQ(source->eval(600).size(), 600u);
}

TEST(Source, UnknownSourcesAreRefusedWithTheNearestName) {
  DataOptions options;
  options.source = "arithmetics";
  try {
    make_source(options, 8);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("arithmetics"));
    EXPECT_THAT(error.next(), ::testing::HasSubstr("arithmetic"));
  }
}

TEST_F(FileOfRows, AGeneratorCanBeEvaluatedOnAFile) {
  DataOptions both;
  both.eval_source = "/nowhere/x.jsonl";
  EXPECT_THROW(make_source(both, 8), Error);
  both.eval_source = path_.string();
  const auto source = make_source(both, 8), plain = make_source({}, 8);
  EXPECT_EQ(source->eval(1000).size(), static_cast<std::size_t>(kRows));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(source->train(3, {.stage = 1, .step = i / 8, .draw = i % 8}).prompt, plain->train(3, {.stage = 1, .step = i / 8, .draw = i % 8}).prompt);
}

}  // namespace
}  // namespace laconic::pipeline
