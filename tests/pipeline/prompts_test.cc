#include "pipeline/hub/prompts.h"

#include <gmock/gmock.h>

#include "pipeline/judges.h"
#include "pipeline/prepare.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

const char* const kTiny = R"(seed = 5
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
positions = 160
vocab_size = 300
tokenizer_chains = 100
[[stage]]
type = "sft"
batch = 4
)";

class PromptsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    const Recipe recipe = parse_recipe(kTiny, "tiny.toml");
    const auto source = make_source(recipe.stages[0].data, 4, true);
    make_initial_model(recipe, *source, 4, scratch_->path() / "initial");
  }
  static void TearDownTestSuite() { delete scratch_; }

  static inline Scratch* scratch_ = nullptr;
  Recipe recipe = parse_recipe(kTiny, "tiny.toml");
  std::unique_ptr<ProblemSource> source = make_source(recipe.stages[0].data, 4, true);
  Prompts prompts{scratch_->path() / "initial", "deepseek-r1"};
};

TEST_F(PromptsTest, InitialModelIsAFunctionOfTheSeed) {
  make_initial_model(recipe, *source, 4, scratch_->path() / "again");
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json"})
    EXPECT_EQ(read_file(scratch_->path() / "initial" / file), read_file(scratch_->path() / "again" / file)) << file;
  recipe.seed = 6;
  make_initial_model(recipe, *source, 4, scratch_->path() / "other");
  EXPECT_NE(read_file(scratch_->path() / "initial/model.safetensors"), read_file(scratch_->path() / "other/model.safetensors"));
}

// The prompt opens a <think> block, or the model does, or there is none: what an answer looks like.
TEST_F(PromptsTest, TargetsAndJudgingFollowTheChatTemplate) {
  Problem problem;
  problem.chain = "1 + 1 = 2";
  problem.solution = "2";
  const auto target = [&](const char* name, bool thinking = true) { return target_text(problem, model::ChatTemplate::named(name), {.thinking = thinking}); };
  EXPECT_EQ(target("deepseek-r1"), "1 + 1 = 2\n</think>\n\n2");
  EXPECT_EQ(target("qwen3"), "<think>\n1 + 1 = 2\n</think>\n\n2");
  EXPECT_EQ(target("qwen3", false), "1 + 1 = 2\n2");
  EXPECT_EQ(target("qwen2.5"), "1 + 1 = 2\n2");
  const auto reasoning = [](const char* name, bool thinking = true, std::string wish = "auto") {
    verifiers::VerifierSpec spec;
    spec.reasoning = wish;
    return settled(spec, model::ChatTemplate::named(name), {.thinking = thinking}).reasoning;
  };
  EXPECT_EQ(reasoning("deepseek-r1"), "think");
  EXPECT_EQ(reasoning("qwen3"), "think");
  EXPECT_EQ(reasoning("qwen3", false), "none");
  EXPECT_EQ(reasoning("smollm2"), "none");
  EXPECT_EQ(reasoning("smollm2", true, "think"), "think");
}

TEST_F(PromptsTest, AutoIsR1ForFreshModels) {
  const Prompts by_itself(scratch_->path() / "initial", "auto");
  EXPECT_EQ(by_itself.chat().name(), "deepseek-r1");
  const Problem problem = source->train(5, {.stage = 0, .step = 3, .draw = 1});
  EXPECT_EQ(by_itself.prompt(problem, 32).tokens, prompts.prompt(problem, 32).tokens);
  const Prompts at_once(scratch_->path() / "initial", "auto", 0, {.thinking = false});
  EXPECT_THAT(at_once.tokenizer().decode_text(at_once.prompt(problem, 32).tokens), testing::EndsWith("<think>\n\n</think>\n\n"));
}

TEST_F(PromptsTest, PromptsArePureAndSpansCoverThem) {
  const Problem problem = source->train(5, {.stage = 0, .step = 3, .draw = 1});
  const Prompt prompt = prompts.prompt(problem, 32);
  EXPECT_EQ(prompt.tokens, prompts.prompt(source->train(5, {.stage = 0, .step = 3, .draw = 1}), 32).tokens);
  std::int32_t at = 0;
  bool user = false;
  for (const auto& span : prompt.spans) {
    EXPECT_EQ(span.start, at);
    EXPECT_GT(span.length, 0);
    EXPECT_EQ(span.weight_version, -1);
    at += span.length;
    if (span.source == trajectory::Source::kUser) {
      user = true;
      EXPECT_EQ(prompts.tokenizer().decode_text(std::span(prompt.tokens).subspan(static_cast<std::size_t>(span.start), static_cast<std::size_t>(span.length))), problem.prompt);
    }
  }
  EXPECT_TRUE(user);
  EXPECT_EQ(at, static_cast<std::int32_t>(prompt.tokens.size()));
}

TEST_F(PromptsTest, ThePlaceWhereAnAnswerEndedIsNoPartOfItsText) {
  const std::int32_t end = prompts.config().eos_token_ids.front();
  trajectory::Trajectory sample;
  sample.tokens = prompts.tokenizer().encode("a prompt");
  sample.spans = {{trajectory::Source::kUser, -1, 0, static_cast<std::int32_t>(sample.tokens.size())}};
  std::vector<std::int32_t> response = prompts.tokenizer().encode("so 15.");
  response.insert(response.end(), {end, end});  // one that was written, and the one that ended the answer
  sample.spans.push_back({trajectory::Source::kModel, 0, static_cast<std::int32_t>(sample.tokens.size()), static_cast<std::int32_t>(response.size())});
  sample.tokens.insert(sample.tokens.end(), response.begin(), response.end());
  const std::string ending = prompts.tokenizer().decode_text({&end, 1});
  sample.stop = trajectory::StopReason::kEndToken;
  EXPECT_EQ(prompts.response_text(sample), "so 15." + ending);
  sample.stop = trajectory::StopReason::kLength;
  EXPECT_EQ(prompts.response_text(sample), "so 15." + ending + ending);
}

TEST_F(PromptsTest, TooLongIsAnErrorThatNamesTheProblem) {
  const Problem problem = source->train(5, {.stage = 0, .step = 0, .draw = 0});
  expect_error([&] { prompts.prompt(problem, 160); }, {"160 positions", problem.id});
}

TEST_F(PromptsTest, SftBatchLearnsChainEndOfThinkingSolutionAndEnd) {
  const trajectory::Batch batch = prompts.sft_batch(*source, 5, 0, 2, 4);
  EXPECT_EQ(batch.objective, "sft");
  ASSERT_EQ(batch.lengths.size(), 4u);
  std::size_t at = 0;
  for (int draw = 0; draw < 4; ++draw) {
    const Problem problem = source->train(5, {.stage = 0, .step = 2, .draw = draw});
    const auto length = static_cast<std::size_t>(batch.lengths[static_cast<std::size_t>(draw)]);
    std::vector<std::int32_t> learned;
    bool began = false;
    for (std::size_t i = at; i < at + length; ++i) {
      if (batch.in_loss[i]) learned.push_back(batch.tokens[i]), began = true;
      else EXPECT_FALSE(began) << "the loss covers one run of tokens at the end";
    }
    ASSERT_FALSE(learned.empty());
    EXPECT_EQ(learned.back(), prompts.config().eos_token_ids.front());
    learned.pop_back();
    EXPECT_EQ(prompts.tokenizer().decode_text(learned), problem.chain + "\n</think>\n\n" + problem.solution);
    at += length;
  }
  EXPECT_EQ(at, batch.tokens.size());
  EXPECT_EQ(prompts.sft_batch(*source, 5, 0, 2, 4).tokens, batch.tokens);
  EXPECT_NE(prompts.sft_batch(*source, 6, 0, 2, 4).tokens, batch.tokens);
  EXPECT_NE(prompts.sft_batch(*source, 5, 0, 3, 4).tokens, batch.tokens);
}

}  // namespace
}  // namespace laconic::pipeline
