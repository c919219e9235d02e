// A recipe's sources: paths, rows that cannot be judged or do not fit, overlap with what is held out.
#include "pipeline/sources.h"

#include <gmock/gmock.h>

#include <fmt/format.h>

#include "pipeline/hub/prompts.h"
#include "pipeline/prepare.h"
#include "pipeline/run_folder.h"
#include "pipeline/train.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const kRecipe = R"(name = "rows"
[model]
hidden_size = 32
layers = 2
intermediate_size = 64
heads = 2
kv_lora_rank = 16
qk_nope_head_dim = 8
qk_rope_head_dim = 8
v_head_dim = 8
experts = 4
experts_per_token = 2
moe_intermediate_size = 16
positions = 200
vocab_size = 300
tokenizer_chains = 50
[verifier]
name = "integer"
[run.eval]
problems = 5
[[stage]]
type = "sft"
batch = 4
data.source = "train.jsonl"
[[stage]]
type = "rl"
sampling.max_tokens = 100
objective.prompts_per_step = 4
data.source = "train.jsonl"
data.eval_source = "eval.jsonl"
)";

std::string row(const std::string& question, const std::string& answer) { return "{\"question\":\"" + question + "\",\"answer\":\"so #### " + answer + "\"}\n"; }

struct Recorder : Observer {
  std::vector<std::string> warnings;
  void warning(const std::string& text) override { warnings.push_back(text); }
};

class SourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_.path() / "set");
    write_file_durably(scratch_.path() / "set/recipe.toml", kRecipe);
    std::string train;
    for (int i = 0; i < 30; ++i) train += row("q" + std::to_string(i), std::to_string(i));
    write(train, row("e1", "1") + row("e2", "2"));
  }
  void write(const std::string& train, const std::string& eval) {
    write_file_durably(scratch_.path() / "set/train.jsonl", train);
    write_file_durably(scratch_.path() / "set/eval.jsonl", eval);
  }
  Sources open() {
    recipe_ = load_recipe(scratch_.path() / "set/recipe.toml");
    Judges judges(settled(recipe_.verifier.spec, fresh_chat(recipe_.model)));
    return open_sources(recipe_, judges);
  }
  std::vector<std::string> skipped(const Sources& sources, std::size_t stage) { return sources[stage]->skipped(); }

  Scratch scratch_;
  Recipe recipe_;
};

TEST_F(SourcesTest, PathsBesideTheRecipeBecomeAbsoluteSoThatARunResumesFromAnywhere) {
  const Recipe recipe = load_recipe(scratch_.path() / "set/recipe.toml");
  EXPECT_EQ(recipe.stages[0].data.source, (scratch_.path() / "set/train.jsonl").string());
  EXPECT_EQ(recipe.stages[1].data.eval_source, (scratch_.path() / "set/eval.jsonl").string());
  const Recipe resolved = parse_recipe(resolved_toml(recipe), "run/recipe.toml");
  EXPECT_THAT(recipe_differences(recipe, resolved), ElementsAre());
  EXPECT_EQ(open().size(), 2u);
}

TEST_F(SourcesTest, ARunIsPreparedAgainFromAnotherWorkingDirectory) {
  const fs::path here = fs::current_path(), runs = scratch_.path() / "runs";
  TrainRequest request;
  request.runs = runs;
  request.dry_run = true;
  fs::create_directories(scratch_.path() / "elsewhere");
  fs::current_path(scratch_.path() / "set");
  request.recipe = "recipe.toml";
  request.overrides = {"rl.data.mixture=[\"1 train.jsonl\"]"};
  const Prepared first = prepare(request);
  RunFolder::create(runs, "rows-1", resolved_toml(first.recipe), "", fingerprint_json(first.fingerprint));
  fs::current_path(scratch_.path() / "elsewhere");
  request.resume = true;
  request.name = "rows-1";
  request.recipe.clear();
  request.overrides.clear();
  const Prepared again = prepare(request);
  for (int draw = 0; draw < 40; ++draw) {
    const Ticket ticket{.stage = 1, .step = draw / 4, .draw = draw % 4};
    EXPECT_EQ(first.sources[1]->train(3, ticket).id, again.sources[1]->train(3, ticket).id);
  }
  fs::current_path(scratch_.path() / "set");  // the recipe as it was asked for is still the run's
  request.recipe = "recipe.toml";
  request.overrides = {"rl.data.mixture=[\"1 train.jsonl\"]"};
  EXPECT_NO_THROW(prepare(request));
  fs::current_path(here);
}

TEST_F(SourcesTest, GoldsThatTheVerifierDoesNotUnderstandAreListedNotScored) {
  std::string train;
  for (int i = 0; i < 30; ++i) train += row("q" + std::to_string(i), i == 7 ? "a few" : std::to_string(i));
  write(train, row("e1", "1") + row("e2", "x") + row("e3", "3"));
  const Sources sources = open();
  EXPECT_THAT(skipped(sources, 0), ElementsAre()) << "nothing is judged in training on chains";
  EXPECT_THAT(skipped(sources, 1), ElementsAre(HasSubstr("train.jsonl:8: the gold \"a few\" is not an integer"), HasSubstr("eval.jsonl:2: the gold \"x\"")));
  EXPECT_EQ(sources[1]->eval(10).size(), 2u);
}

TEST_F(SourcesTest, AFileOfBadGoldsIsAnErrorAndSoIsNothingToEvaluateOn) {
  std::string train;
  for (int i = 0; i < 30; ++i) train += row("q" + std::to_string(i), i % 3 ? "many" : "1");
  write(train, row("e1", "1"));
  expect_error([&] { open(); }, {"20 of 30 rows cannot be used", "train.jsonl:2", "many"});
  train.clear();
  for (int i = 0; i < 30; ++i) train += row("q" + std::to_string(i), "1");
  write(train, row("e", "x"));
  expect_error([&] { open(); }, {"1 of 1 rows cannot be used", "eval.jsonl:1"});
}

TEST_F(SourcesTest, HeldOutProblemsThatAreTrainedOnAreWarnedOf) {
  std::string train;
  for (int i = 0; i < 30; ++i) train += row("How many  eggs are " + std::to_string(i) + "?", "1");
  write(train + row("How many  eggs are 1?", "1"), row("How many eggs are 3?", "1") + row("new", "2"));
  const Sources sources = open();
  const std::vector<std::string> notes = source_notes(recipe_, sources);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("train.jsonl: 1 of 31 rows ask what an earlier row asks"),
                                 HasSubstr("1 of the 2 problems to evaluate stage `rl` on are trained on in stage `sft`; the first: "),
                                 HasSubstr("1 of the 2 problems to evaluate stage `rl` on are trained on in stage `rl`; the first: ")));
}

TEST_F(SourcesTest, RowsThatExceedTheModelsPositionsAreSetAsideBeforeTheyAreDrawn) {
  std::string train;
  std::string words;  // too varied for the small tokenizer to shorten
  for (int i = 0; i < 300; ++i) words += static_cast<char>('A' + (i * i + i / 7) % 26);
  for (int i = 0; i < 30; ++i) train += row((i == 4 ? words : std::string()) + "q" + std::to_string(i), std::to_string(i));
  train += "{\"question\":\"long chain\",\"answer\":\"" + words + "#### 1\"}\n";
  write(train, row("e1", "1") + row(words, "2") + row("e3", "3"));
  const Sources sources = open();
  make_initial_model(recipe_, *sources[0], 4, scratch_.path() / "model");
  const Prompts prompts(scratch_.path() / "model", recipe_.model.chat);
  set_aside_long(recipe_, sources, prompts);
  EXPECT_THAT(skipped(sources, 0), ElementsAre(HasSubstr("train.jsonl:5: prompt and chain of "), HasSubstr("train.jsonl:31: prompt and chain of ")));
  EXPECT_THAT(skipped(sources, 1), ElementsAre(HasSubstr("train.jsonl:5: a prompt of "), HasSubstr("eval.jsonl:2: a prompt of ")));
  for (int step = 0; step < 20; ++step) {
    EXPECT_NO_THROW(prompts.sft_batch(*sources[0], 1, 0, step, 4));
    for (int draw = 0; draw < 4; ++draw) EXPECT_NO_THROW(prompts.prompt(sources[1]->train(1, {.stage = 1, .step = step, .draw = draw}), 100));
  }
  Recorder recorder;
  report_sources(recipe_, sources, scratch_.path(), recorder);
  EXPECT_EQ(recorder.warnings.size(), 4u);  // one line a reason
  EXPECT_THAT(read_file(scratch_.path() / "left-out.txt"), HasSubstr("train.jsonl:31: prompt and chain of "));
}

TEST_F(SourcesTest, ManyLeftOutRowsAreAFileAndTenLines) {
  std::string train;
  for (int i = 0; i < 60; ++i) train += row("q" + std::to_string(i), i < 25 ? "x" : "1");
  write(train, row("e1", "1"));
  const Sources sources = open();
  Recorder recorder;
  report_sources(recipe_, sources, scratch_.path(), recorder);
  ASSERT_EQ(recorder.warnings.size(), 11u);
  EXPECT_THAT(recorder.warnings.back(), HasSubstr("left out 25 rows in all: "));
}

TEST_F(SourcesTest, TheSystemMessageOfARowIsInThePromptButNotTheUsersWords) {
  const Sources sources = open();
  make_initial_model(recipe_, *sources[0], 4, scratch_.path() / "model");
  const Prompts prompts(scratch_.path() / "model", recipe_.model.chat);
  Problem problem;
  problem.prompt = "How many?";
  const Prompt without = prompts.prompt(problem, 10);
  problem.system = "Be brief.";
  const Prompt with = prompts.prompt(problem, 10);
  EXPECT_GT(with.tokens.size(), without.tokens.size());
  EXPECT_THAT(prompts.tokenizer().decode_text(with.tokens), HasSubstr("Be brief."));
  for (const auto& span : with.spans) {
    if (span.source != trajectory::Source::kUser) continue;
    EXPECT_EQ(prompts.tokenizer().decode_text(std::span(with.tokens).subspan(static_cast<std::size_t>(span.start), static_cast<std::size_t>(span.length))), "How many?");
  }
}

// Rows of the public sets that the verifier of their shape cannot judge, at most: listed by the test.
TEST(SourcesOfRealData, RowsCanBeJudged) {
  const char* folder = std::getenv("LACONIC_TEST_DATA");
  if (!folder) GTEST_SKIP() << "set LACONIC_TEST_DATA to a folder with the public data sets to run this test";
  const std::vector<std::pair<const char*, std::size_t>> files = {{"gsm8k_train.jsonl", 0}, {"gsm8k_test.jsonl", 0}, {"math_test.jsonl", 25}, {"math500.jsonl", 2},
                                                                  {"aime24.jsonl", 0}, {"amc23.jsonl", 0}, {"olympiadbench.jsonl", 3}, {"humaneval.jsonl", 0},
                                                                  {"mbpp.jsonl", 5}, {"humaneval_x_cpp.jsonl", 3}, {"code_contests_sample.jsonl", 0}, {"kattis_examples.jsonl", 0}};
  Judges judges(settled(verifiers::VerifierSpec(), model::ChatTemplate::named("deepseek-r1")));
  for (const auto& [file, most] : files) {
    SCOPED_TRACE(file);
    DataOptions options;
    options.source = (fs::path(folder) / file).string();
    options.heldout_fraction = 0;
    const auto source = make_source(options, 8);
    source->set_aside(ProblemSource::Part::kTrain, [&](const Problem& problem) { return judges.bad_row(problem); });
    EXPECT_LE(source->skipped().size(), most) << fmt::format("{}", fmt::join(source->skipped(), "\n"));
  }
}

TEST(Recipe, StagesThatHoldOutDifferentSharesOfAGeneratorAreRefused) {
  expect_error([] { parse_recipe("[[stage]]\ntype = \"sft\"\ndata.source = \"countdown\"\ndata.countdown.heldout_fraction = 0.2\n[[stage]]\ntype = \"rl\"\n"
                                 "data.mixture = [\"1 arithmetic\", \"1 countdown countdown.heldout_fraction=0.3\"]\n", "r.toml"); },
               {"rl.data.countdown.heldout_fraction", "0.3", "0.2"});
}

}  // namespace
}  // namespace laconic::pipeline
