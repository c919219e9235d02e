#include "pipeline/metric_names.h"

#include <algorithm>

#include <fmt/format.h>

namespace laconic::pipeline {

const std::vector<MetricName>& metric_names() {
  static const std::vector<MetricName> names = {
      {"reward", "reward", "critic/score/mean", "mean unshaped score of the answers that have a verdict"},
      {"reward/shaped", "", "critic/rewards/mean", "mean reward after shaping: truncation and length"},
      {"reward/length", "rewards/<func>/mean", "", "mean length part of the reward"},
      {"reward_std", "reward_std", "", "mean over groups of the standard deviation of their scores"},
      {"accuracy", "", "", "share of the answers with a verdict that are right"},
      {"tokens_per_correct", "", "", "response tokens spent per right answer, wrong answers' tokens included"},
      {"groups", "", "", "groups sampled, all rounds"},
      {"groups_short", "", "", "groups with a signal that are missing to prompts_per_step"},
      {"rounds", "", "", "rounds of sampling the step took"},
      {"samples", "", "", "answers sampled"},
      {"frac_groups_no_signal", "frac_reward_zero_std", "", "share of groups whose scores are all equal"},
      {"frac_groups_all_correct", "", "", "share of groups with only right answers"},
      {"frac_groups_all_wrong", "", "", "share of groups with no right answer"},
      {"frac_samples_in_loss", "", "", "share of answers that the learner learns from"},
      {"frac_samples_absent", "", "response/aborted_ratio", "share of answers without a verdict"},
      {"outcome/*", "", "", "share of verdicts of that outcome"},
      {"verifier/*", "", "", "mean of a number that the verifier gives beside its verdict: the parts of a rubric"},
      {"completions/mean_length", "completions/mean_length", "response_length/mean", "response tokens of an answer"},
      {"completions/min_length", "completions/min_length", "response_length/min", "the shortest"},
      {"completions/max_length", "completions/max_length", "response_length/max", "the longest"},
      {"completions/p90_length", "", "", "nine of ten answers are not longer"},
      {"completions/mean_length_correct", "", "", "of right answers"},
      {"completions/mean_length_wrong", "", "", "of wrong answers"},
      {"completions/clipped_ratio", "completions/clipped_ratio", "response_length/clip_ratio", "share of answers cut at the token limit"},
      {"num_tokens", "num_tokens", "perf/total_num_tokens", "prompt and response tokens of the step"},
      {"tokens", "", "", "tokens the learner fed"},
      {"loss_tokens", "", "", "tokens that carry loss"},
      {"loss", "loss", "actor/pg_loss", "the loss"},
      {"aux_loss", "aux_loss", "", "the router's auxiliary loss without its coefficient, part of the loss: see router.aux_loss"},
      {"nll", "", "", "mean negative log-likelihood of the chains (sft)"},
      {"grad_norm", "grad_norm", "actor/grad_norm", "global gradient norm before clipping"},
      {"lr", "learning_rate", "actor/lr", "learning rate of the step"},
      {"updates", "", "", "optimizer steps of the batch"},
      {"entropy", "entropy", "actor/entropy", "mean entropy of the sampled distribution"},
      {"kl", "kl", "actor/kl_loss", "KL to the stage's first weights, when measured"},
      {"importance_ratio/min", "sampling/importance_sampling_ratio/min", "", "policy over behaviour probability, raw; 1 at lag 0"},
      {"importance_ratio/mean", "sampling/importance_sampling_ratio/mean", "", "mean of the same"},
      {"importance_ratio/max", "sampling/importance_sampling_ratio/max", "", "largest of the same"},
      {"clip_ratio/low", "clip_ratio/low_mean", "actor/pg_clipfrac", "share of tokens clipped from below"},
      {"clip_ratio/high", "clip_ratio/high_mean", "actor/pg_clipfrac", "share of tokens clipped from above"},
      {"clip_ratio/dual", "", "actor/pg_clipfrac_lower", "share of tokens stopped by the dual clip"},
      {"logp_abs_diff/mean", "sampling/sampling_logp_difference/mean", "training/rollout_probs_diff_mean", "learner against sampler, of the first update; 0 at lag 0"},
      {"logp_abs_diff/max", "sampling/sampling_logp_difference/max", "training/rollout_probs_diff_max", "largest of the same"},
      {"off_policy/lag", "", "training/off_policy/trajectory_staleness", "versions between the sampling weights and the step's"},
      {"moe/max_vio", "", "", "load of the busiest expert over the mean load, minus 1; mean over layers"},
      {"moe/max_vio_worst", "", "", "the same of the worst layer"},
      {"time/*", "step_time", "timing_s/*", "seconds: step, rollout (waiting for groups), learn, and the learner's parts"},
      {"perf/tokens_per_s", "", "perf/throughput", "response tokens per second of the step"},
  };
  return names;
}

bool is_documented_metric(std::string_view name) {
  return std::any_of(metric_names().begin(), metric_names().end(), [&](const MetricName& metric) {
    if (metric.name.ends_with("/*")) return name.starts_with(metric.name.substr(0, metric.name.size() - 1));
    return name == metric.name;
  });
}

std::string metric_docs_markdown() {
  std::string out =
      "\n## Metrics\n\n"
      "One JSON object a step in `metrics.jsonl`, the same as TensorBoard events under `STAGE/NAME`. A number that was not\n"
      "measured is left out: absent is not zero.\n\n| name | TRL | verl | meaning |\n| --- | --- | --- | --- |\n";
  const auto code = [](std::string_view text) { return text.empty() ? std::string("–") : "`" + std::string(text) + "`"; };
  for (const MetricName& metric : metric_names())
    out += fmt::format("| `{}` | {} | {} | {} |\n", metric.name, code(metric.trl), code(metric.verl), metric.meaning);
  return out;
}

}  // namespace laconic::pipeline
