#include "pipeline/plan.h"

#include <gmock/gmock.h>

#include "pipeline/hub/prompts.h"
#include "pipeline/prepare.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

class PlanTest : public ::testing::Test {
 protected:
  Recipe recipe = parse_recipe("[[stage]]\ntype = \"sft\"\n[[stage]]\ntype = \"rl\"\n", "math.toml");
  model::Config config = fresh_config(recipe.model, recipe.model.vocab_size);
  Scratch scratch;
};

TEST_F(PlanTest, RolesTakeTurnsAtLagZeroAndShareAtLagOne) {
  recipe.rollout.workers = 2;
  CoreBudget budget = core_budget(recipe, 8);
  EXPECT_EQ(budget.learner, 8);
  EXPECT_EQ(budget.rollout, 4);
  recipe.stages[1].lag = 1;
  budget = core_budget(recipe, 8);
  EXPECT_EQ(budget.learner, 4);
  EXPECT_EQ(budget.rollout, 2);
  recipe.run.cores = 2;
  budget = core_budget(recipe, 8);
  EXPECT_EQ(budget.learner, 1);
  EXPECT_EQ(budget.rollout, 1);
  recipe.learner.threads = 2;
  EXPECT_EQ(core_budget(recipe, 8).learner, 2);
  EXPECT_EQ(core_budget(recipe, 1).rollout, 1);
}

TEST_F(PlanTest, PartsAddUpAndTheTextNamesThem) {
  const Plan plan = make_plan(recipe, config, 2);
  double sum = 0;
  for (const PlanPart& part : plan.memory) sum += part.mb;
  EXPECT_DOUBLE_EQ(sum, plan.memory_mb);
  EXPECT_EQ(plan.parameters.total, model::count_parameters(config).total);
  const std::string text = plan_text(plan, recipe, config, "math-1");
  for (const char* part : {"parameters", "memory", "tokens per step", "checkpoints", "KV pages", "Adam", "math-1"}) EXPECT_NE(text.find(part), std::string::npos) << part;
}

// With adapters no array as large as the model is trained: 12 bytes a parameter remain, weights alone.
TEST_F(PlanTest, AdaptersTakeThePlaceOfMastersAndMoments) {
  const Plan full = make_plan(recipe, config, 2);
  recipe.stages[1].lora.rank = 4;
  EXPECT_EQ(make_plan(recipe, config, 2).memory_mb, full.memory_mb);  // its first stage still trains everything
  recipe.stages[0].lora = recipe.stages[1].lora;
  const Plan plan = make_plan(recipe, config, 2);
  const double total = static_cast<double>(plan.parameters.total), adapters = static_cast<double>(plan.adapters);
  EXPECT_NEAR(full.memory_mb - plan.memory_mb, 16 * (total - adapters) / 1e6, 1e-6);
  EXPECT_NEAR(full.checkpoint_mb - plan.checkpoint_mb, 12 * (total - adapters) / 1e6, 1e-6);
  // 8 layers of q, kv_a, kv_b and o; 8 dense or shared FFNs of three; rank·(outputs + inputs) each.
  const std::int64_t attention = (8 * 48 + 256) + (80 + 256) + (8 * 64 + 64) + (256 + 256), dense = 3 * (512 + 256), shared = 3 * (96 + 256);
  EXPECT_EQ(plan.adapters, 4 * (8 * attention + dense + 7 * shared));
  EXPECT_NE(plan_text(plan, recipe, config, "math-1").find("adapters"), std::string::npos);
  recipe.stages[1].lora.targets = {"k_proj"};
  expect_error([&] { make_plan(recipe, config, 2); }, {"k_proj", "this model has not"});
}

TEST_F(PlanTest, RouterKeysThatTheModelHasNoUseForAreRefused) {
  const auto refused = [&](const model::Config& model) {
    try {
      check_router(recipe, model);
    } catch (const Error& error) {
      return render(error);
    }
    return std::string();
  };
  model::Config dense = config, softmax = config;
  dense.first_k_dense_replace = dense.num_hidden_layers;
  softmax.gate_score = kernels::GateScore::kSoftmax;
  EXPECT_EQ(refused(config) + refused(dense) + refused(softmax), "");
  recipe.stages[1].router.aux_loss_coef = 0.001;
  EXPECT_EQ(refused(config) + refused(softmax), "");
  EXPECT_THAT(refused(dense), testing::HasSubstr("`rl.router.aux_loss_coef` is 0.001, but the model"));
  recipe.stages[1].router = {};
  recipe.stages[0].router.bias_update = "always";
  EXPECT_EQ(refused(config), "");
  EXPECT_THAT(refused(softmax), testing::HasSubstr("`sft.router.bias_update` is \"always\""));
  EXPECT_THAT(refused(dense), testing::HasSubstr("has no selection bias"));
}

TEST_F(PlanTest, TooLittleOfAnythingIsRefusedBeforeTheStart) {
  const Plan plan = make_plan(recipe, config, 2);
  EXPECT_NO_THROW(check_plan(plan, recipe, config, scratch.path(), plan.memory_mb + 1));
  expect_error([&] { check_plan(plan, recipe, config, scratch.path(), plan.memory_mb / 2); }, {"memory", "rollout.kv_mb"});
  Plan large = plan;
  large.disk_mb = 1e15;
  expect_error([&] { check_plan(large, recipe, config, scratch.path(), 1e9); }, {"disk", "checkpoint_keep"});
  recipe.rollout.kv_mb = 1;
  config.max_position_embeddings = 100000;
  expect_error([&] { check_plan(plan, recipe, config, scratch.path(), 1e9); }, {"rollout.kv_mb", "one sequence"});
}

TEST_F(PlanTest, MachineIsMeasured) {
  EXPECT_GE(machine_cores(), 1);
  EXPECT_GT(available_memory_mb(), 10);
}

}  // namespace
}  // namespace laconic::pipeline
