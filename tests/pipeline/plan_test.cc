#include "pipeline/plan.h"

#include "pipeline/hub/prompts.h"
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
