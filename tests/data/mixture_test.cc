// Weighted mixtures: proportions, no gaps, entries with options of their own, held-out problems.
#include "pipeline/data/mixture.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/philox.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

TEST(Mixture, PlacesKeepTheProportionsAndWalkEachEntryWithoutGaps) {
  PhiloxStream random(4, 0);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<std::uint64_t> weights;
    std::uint64_t total = 0;
    for (std::uint32_t i = 1 + random.below(5); i > 0; --i) weights.push_back(1 + random.below(1'000'000)), total += weights.back();
    std::vector<std::uint64_t> walked(weights.size());
    for (std::uint64_t position = 0; position < 3000; ++position) {
      const auto [entry, place] = place_in_mixture(position, weights);
      ASSERT_EQ(place, walked[entry]++);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double share = static_cast<double>(weights[i]) / static_cast<double>(total) * static_cast<double>(position + 1);
        ASSERT_NEAR(static_cast<double>(walked[i]), share, static_cast<double>(weights.size())) << position;
      }
    }
  }
  // Far along the walk too, where products of 64 bits would overflow.
  const std::vector<std::uint64_t> weights = {700'000, 300'000};
  const std::uint64_t far = std::uint64_t{1} << 60;
  std::uint64_t first = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) first += place_in_mixture(far + i, weights).first == 0;
  EXPECT_NEAR(static_cast<double>(first), 700, 1);
}

class MixtureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string a, b;
    for (int i = 0; i < 60; ++i) a += "{\"question\":\"a" + std::to_string(i) + "\",\"answer\":\"1\"}\n";
    for (int i = 0; i < 40; ++i) b += "{\"q\":\"b" + std::to_string(i) + "\",\"gold\":\"1\"}\n";
    write_file_durably(scratch_.path() / "a.jsonl", a);
    write_file_durably(scratch_.path() / "b b.jsonl", b);
    options_.mixture = {"0.75 " + path("a.jsonl"), "0.25 '" + path("b b.jsonl") + "' prompt_column=q answer_column=gold verifier=integer instruction='Say it.'"};
  }
  std::string path(const std::string& name) const { return (scratch_.path() / name).string(); }

  Scratch scratch_;
  DataOptions options_;
};

TEST_F(MixtureTest, EachStepHasItsShareAndEachEntryItsOptions) {
  const auto source = make_source(options_, 8);
  for (int step = 0; step < 10; ++step) {
    int from_a = 0;
    for (int draw = 0; draw < 8; ++draw) {
      const Problem p = source->train(1, {.stage = 1, .step = step, .draw = draw});
      from_a += p.prompt[0] == 'a';
      EXPECT_EQ(p.verifier, p.prompt[0] == 'a' ? "math" : "integer");
      if (p.prompt[0] == 'b') { EXPECT_EQ(p.prompt.substr(p.prompt.find('\n')), "\n\nSay it."); }
    }
    EXPECT_EQ(from_a, 6) << step;
  }
}

TEST_F(MixtureTest, IsAPureFunctionOfSeedAndTicketWhateverTheOrderOfAsking) {
  const auto one = make_source(options_, 8), two = make_source(options_, 8);
  std::map<int, std::string> forward;
  for (int i = 0; i < 400; ++i) forward[i] = one->train(3, {.stage = 1, .step = i / 8, .draw = i % 8}).id;
  bool differs = false;
  for (int i = 399; i >= 0; --i) {
    ASSERT_EQ(two->train(3, {.stage = 1, .step = i / 8, .draw = i % 8}).id, forward[i]);
    differs = differs || two->train(4, {.stage = 1, .step = i / 8, .draw = i % 8}).id != forward[i];
  }
  EXPECT_TRUE(differs);
}

TEST_F(MixtureTest, HeldOutProblemsOfAllEntriesAreNeverTrainedOn) {
  const auto source = make_source(options_, 8);
  std::set<std::string> heldout;
  const auto problems = source->eval(8);
  for (const Problem& p : problems) heldout.insert(p.id);
  EXPECT_EQ(heldout.size(), problems.size());
  EXPECT_GE(problems.size(), 2u);
  for (int i = 0; i < 400; ++i) {
    const Problem p = source->train(1, {.step = i / 8, .draw = i % 8});
    ASSERT_EQ(heldout.count(p.id), 0u);
    EXPECT_TRUE(source->trains_on(p.question));
  }
}

TEST_F(MixtureTest, GeneratorsAndFilesMixAndAnEvaluationFileStandsForAll) {
  options_.mixture = {"1 " + path("a.jsonl"), "1 arithmetic arithmetic.max_digits=1", "2 countdown"};
  options_.eval_source = path("a.jsonl");
  const auto source = make_source(options_, 4);
  std::map<std::string, int> verifiers;
  std::set<std::string> from_a;
  for (int i = 0; i < 400; ++i) {
    const Problem p = source->train(1, {.step = i / 4, .draw = i % 4});
    ++verifiers[p.verifier];
    if (p.verifier == "math") from_a.insert(p.id);
    if (p.verifier == "integer") { EXPECT_LE(p.prompt.size(), 4u) << p.prompt; }
  }
  EXPECT_EQ(verifiers, (std::map<std::string, int>{{"math", 100}, {"integer", 100}, {"countdown", 200}}));
  EXPECT_EQ(from_a.size(), 60u) << "with an evaluation file all rows are trained on";
  EXPECT_EQ(source->eval(100).size(), 60u);
}

TEST_F(MixtureTest, EntriesThatCannotBeReadSayHowToWriteThem) {
  for (const auto& [entry, part] : std::map<std::string, std::string>{{"gsm8k.jsonl", "a weight and a source"}, {"x arithmetic", "above 0"}, {"0 arithmetic", "above 0"},
                                                                      {"-1 arithmetic", "above 0"}, {"1 arithmetic digits", "no key=value"}, {"1 arithmetic mixture=x", "no key of an entry"},
                                                                      {"1 arithmetic arithmetic.max_digit=3", "arithmetic.max_digits"}, {"1 'a b", "open quote"}, {"1 nowhere.jsonl", "nowhere.jsonl"}}) {
    options_.mixture = {entry};
    expect_error([&] { make_source(options_, 8); }, {part});
  }
}

TEST_F(MixtureTest, PathsBecomeAbsolute) {
  DataOptions options;
  options.source = "a.jsonl";
  options.eval_source = "nowhere.jsonl";
  options.mixture = {"0.5 a.jsonl eval_source='b b.jsonl'", "0.5 'b b.jsonl' answer_column=gold", "1 arithmetic"};
  resolve_paths(options, scratch_.path());
  EXPECT_EQ(options.source, path("a.jsonl"));
  EXPECT_EQ(options.eval_source, "nowhere.jsonl");
  EXPECT_EQ(options.mixture[0], "0.5 " + path("a.jsonl") + " 'eval_source=" + path("b b.jsonl") + "'");
  EXPECT_EQ(options.mixture[1], "0.5 '" + path("b b.jsonl") + "' answer_column=gold");
  EXPECT_EQ(options.mixture[2], "1 arithmetic");
  DataOptions again = options;
  resolve_paths(again, "/");
  EXPECT_EQ(again.mixture, options.mixture);
  // What is in the working directory comes first.
  const fs::path here = fs::current_path();
  fs::create_directories(scratch_.path() / "work");
  write_file_durably(scratch_.path() / "work/a.jsonl", "x");
  fs::current_path(scratch_.path() / "work");
  options.source = "a.jsonl";
  resolve_paths(options, scratch_.path());
  fs::current_path(here);
  EXPECT_EQ(options.source, path("work/a.jsonl"));
}

}  // namespace
}  // namespace laconic::pipeline
