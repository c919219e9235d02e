#include "pipeline/recipe.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

const std::string kGood = R"(seed = 7

[model]
hidden_size = 64
layers = 2

[[stage]]
type = "sft"
steps = 10
optimizer.lr = 1e-3

[[stage]]
type = "rl"
steps = 20
sampling.max_tokens = 64
objective.group_size = 4
)";

TEST(Recipe, ReadsKeysAndKeepsDefaults) {
  const Recipe recipe = parse_recipe(kGood, "math.toml");
  EXPECT_EQ(recipe.name, "math");
  EXPECT_EQ(recipe.seed, 7);
  EXPECT_EQ(recipe.model.hidden_size, 64);
  EXPECT_EQ(recipe.model.heads, ModelOptions().heads);
  ASSERT_EQ(recipe.stages.size(), 2u);
  EXPECT_EQ(recipe.stages[0].type, StageType::kSft);
  EXPECT_EQ(recipe.stages[0].optimizer.lr, 1e-3);
  EXPECT_EQ(recipe.stages[1].type, StageType::kRl);
  EXPECT_EQ(recipe.stages[1].objective.group_size, 4);
  EXPECT_EQ(recipe.where("seed", ""), "math.toml:1");
  EXPECT_EQ(recipe.where("sft.optimizer.lr", ""), "math.toml:10");
  EXPECT_EQ(recipe.where("rl.lag", "default"), "default");
}

TEST(Recipe, OverridesWinOverTheFile) {
  const Recipe recipe = parse_recipe(kGood, "math.toml", {"seed=9", "sft.steps=3", "rl.optimizer.lr=2e-5", "rollout.workers=2", "verifier.name=integer"});
  EXPECT_EQ(recipe.seed, 9);
  EXPECT_EQ(recipe.stages[0].steps, 3);
  EXPECT_EQ(recipe.stages[1].optimizer.lr, 2e-5);
  EXPECT_EQ(recipe.rollout.workers, 2);
}

TEST(Recipe, StagesAreAddressedByNameOrLoneType) {
  const std::string text = "[[stage]]\ntype = \"sft\"\nname = \"warm\"\n[[stage]]\ntype = \"rl\"\nname = \"short\"\n[[stage]]\ntype = \"rl\"\nname = \"long\"\n";
  const Recipe recipe = parse_recipe(text, "r1.toml", {"sft.steps=4", "long.steps=5"});
  EXPECT_EQ(recipe.stages[0].steps, 4);
  EXPECT_EQ(recipe.stages[2].steps, 5);
  expect_error([&] { parse_recipe(text, "r1.toml", {"rl.steps=4"}); }, {"several stages", "long.steps"});
}

struct Bad {
  const char* name;
  std::string text;
  std::vector<std::string> overrides, parts;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class RecipeErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(RecipeErrors, NameTheValueThePlaceAndTheWayOut) {
  expect_error([] { parse_recipe(GetParam().text, "math.toml", GetParam().overrides); }, GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RecipeErrors,
    ::testing::Values(
        Bad{"syntax", "seed = \n", {}, {"math.toml:1", "TOML"}},
        Bad{"no_stage", "seed = 1\n", {}, {"no stage", "[[stage]]"}},
        Bad{"stage_table", "[stage]\ntype = \"sft\"\n", {}, {"list of tables", "[[stage]]"}},
        Bad{"no_type", "[[stage]]\nsteps = 3\n", {}, {"math.toml:1", "type"}},
        Bad{"wrong_type", "[[stage]]\ntype = \"rll\"\n", {}, {"rll", "math.toml:2", "type = \"rl\""}},
        Bad{"unknown_key", kGood + "lagg = 1\n", {}, {"rl.lagg", "math.toml:17", "rl.lag"}},
        Bad{"unknown_table_key", "[learner]\nthraeds = 2\n" + kGood.substr(9), {}, {"learner.thraeds", "math.toml:2", "learner.threads"}},
        Bad{"rl_key_in_sft", "[[stage]]\ntype = \"sft\"\nlag = 1\n", {}, {"sft.lag", "math.toml:3"}},
        Bad{"wrong_value_type", kGood + "lag = \"one\"\n", {}, {"rl.lag", "\"one\"", "math.toml:17", "int"}},
        Bad{"out_of_range", kGood + "lag = -1\n", {}, {"rl.lag", "-1", "from 0"}},
        Bad{"date", "seed = 1979-05-27\n" + kGood.substr(9), {}, {"seed", "date", "math.toml:1"}},
        Bad{"choice", kGood + "loss.aggregation = \"token_meen\"\n", {}, {"token_meen", "token_mean"}},
        Bad{"top_p", kGood + "sampling.top_p = 0.9\n", {}, {"rl.sampling.top_p", "top_k", "math.toml:17"}},
        Bad{"top_k_too_large", kGood + "sampling.top_p = 0.9\nsampling.top_k = 2000\n", {}, {"1024", "2000"}},
        Bad{"group_of_one", kGood, {"rl.objective.group_size=1"}, {"group_size", "at least 2", "command line"}},
        Bad{"answer_too_long", kGood, {"rl.sampling.max_tokens=512"}, {"512", "positions"}},
        Bad{"path_and_sizes", kGood, {"model.path=somewhere"}, {"model.path", "model.hidden_size"}},
        Bad{"experts", kGood, {"model.experts_per_token=40"}, {"40", "32 experts"}},
        Bad{"heldout", kGood, {"rl.data.arithmetic.heldout_fraction=0.3"}, {"heldout_fraction", "0.3", "command line"}},
        Bad{"plain_chat", kGood, {"model.chat=plain", "verifier.reasoning=think"}, {"verifier.reasoning", "no_answer"}},
        Bad{"odd_rope", kGood, {"model.qk_rope_head_dim=15"}, {"15", "even"}},
        Bad{"two_of_a_name", "[[stage]]\ntype = \"rl\"\n[[stage]]\ntype = \"rl\"\n", {}, {"two stages", "rl", "name"}},
        Bad{"stage_named_like_a_table", "[[stage]]\ntype = \"rl\"\nname = \"model\"\n", {}, {"model", "another"}},
        Bad{"stage_name_with_slash", "[[stage]]\ntype = \"rl\"\nname = \"a/b\"\n", {}, {"letters"}},
        Bad{"override_without_value", kGood, {"seed"}, {"seed", "key=value"}},
        Bad{"override_unknown", kGood, {"rl.optimizer.lrr=1e-4"}, {"rl.optimizer.lrr", "command line", "rl.optimizer.lr"}},
        Bad{"override_wrong_type", kGood, {"rl.optimizer.lr=fast"}, {"rl.optimizer.lr", "fast"}},
        Bad{"lora_target", kGood + "lora.rank = 8\nlora.targets = [\"q_proj\", \"dwon_proj\"]\n", {}, {"dwon_proj", "math.toml:18", "down_proj"}},
        Bad{"lora_frozen", kGood, {"rl.lora.rank=8", "rl.lora.targets=lm_head"}, {"head stays frozen", "command line"}},
        Bad{"lora_keeps_no_moments", kGood, {"rl.lora.rank=8", "rl.reset_optimizer=false"}, {"rl.reset_optimizer", "adapters"}},
        Bad{"lora_leaves_no_moments", kGood, {"sft.lora.rank=8", "rl.reset_optimizer=false"}, {"rl.reset_optimizer", "adapters"}},
        Bad{"name_with_slash", "name = \"a/b\"\n" + kGood, {}, {"a/b", "folder"}}),
    [](const auto& info) { return info.param.name; });

TEST(Recipe, ResolvedTextParsesBackToTheSameRecipe) {
  for (const std::vector<std::string>& overrides : {std::vector<std::string>{}, {"rl.sampling.top_p=0.9", "rl.sampling.top_k=50", "name=other", "run.eval.every=5", "rl.lora.rank=8", "rl.lora.targets=q_proj,o_proj"}}) {
    const Recipe recipe = parse_recipe(kGood, "math.toml", overrides);
    const Recipe again = parse_recipe(resolved_toml(recipe), "recipe.toml");
    EXPECT_EQ(recipe_differences(recipe, again), std::vector<std::string>{});
    EXPECT_EQ(resolved_toml(again), resolved_toml(recipe));
  }
  const Recipe from_path = parse_recipe("[model]\npath = \"somewhere\"\n[[stage]]\ntype = \"rl\"\n", "p.toml");
  EXPECT_EQ(recipe_differences(from_path, parse_recipe(resolved_toml(from_path), "recipe.toml")), std::vector<std::string>{});
}

TEST(Recipe, DifferencesNameKeyAndBothValues) {
  const Recipe before = parse_recipe(kGood, "math.toml"), after = parse_recipe(kGood, "math.toml", {"rl.steps=40", "seed=8"});
  EXPECT_EQ(recipe_differences(before, after), (std::vector<std::string>{"rl.steps: 20 → 40", "seed: 7 → 8"}));
}

TEST(Recipe, LearnerGetsItsKeysAndNoOthers) {
  const Recipe recipe = parse_recipe(kGood, "math.toml", {"rl.loss.clip_high=0.5"});
  const auto rl = nlohmann::json::parse(learner_options_json(recipe.stages[1]));
  EXPECT_EQ(rl.at("loss.clip_high"), 0.5);
  EXPECT_EQ(rl.at("objective.group_size"), 4);
  EXPECT_EQ(rl.at("sampling.max_tokens"), 64);
  EXPECT_EQ(rl.at("lora.rank"), 0);
  EXPECT_EQ(rl.at("lora.targets"), nlohmann::json::array({"all-linear"}));
  EXPECT_FALSE(rl.contains("sampling.temperature"));
  EXPECT_FALSE(rl.contains("data.source"));
  const auto sft = nlohmann::json::parse(learner_options_json(recipe.stages[0]));
  EXPECT_EQ(sft.at("optimizer.lr"), 1e-3);
  EXPECT_FALSE(sft.contains("loss.clip_high"));
}

TEST(Recipe, DocsPageIsMadeFromTheDeclarations) {
  EXPECT_EQ(read_file(fs::path(source_root()) / "docs/recipes.md"), recipe_docs_markdown())
      << "run `test_pipeline --gtest_also_run_disabled_tests --gtest_filter=Recipe.DISABLED_WriteDocs` and commit docs/recipes.md";
}

TEST(Recipe, DISABLED_WriteDocs) { write_file_durably(fs::path(source_root()) / "docs/recipes.md", recipe_docs_markdown()); }

TEST(Recipe, EveryShippedRecipeLoads) {
  int found = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(source_root()) / "recipes"))
    if (entry.path().extension() == ".toml") {
      EXPECT_NO_THROW(load_recipe(entry.path())) << entry.path();
      ++found;
    }
  EXPECT_GT(found, 0);
}

TEST(Recipe, MissingFileSuggestsTheNearest) {
  Scratch scratch;
  write_file_durably(scratch.path() / "arithmetic.toml", kGood);
  expect_error([&] { load_recipe(scratch.path() / "aritmetic.toml"); }, {"aritmetic.toml", "did you mean", "arithmetic.toml"});
}

}  // namespace
}  // namespace laconic::pipeline
