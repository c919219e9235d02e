#include "learner/objective/options.h"

namespace laconic::learner {

void ObjectiveOptions::declare(OptionSet& set) {
  set.add("group_size", group_size, {.help = "samples per prompt; advantages compare them (TRL num_generations, verl rollout.n)", .unit = "samples", .min = 1, .max = 65535});
  set.add("prompts_per_step", prompts_per_step, {.help = "groups that make one batch", .unit = "groups", .min = 1, .max = 1000000});
  set.add("dynamic_sampling", dynamic_sampling, {.help = "drop groups whose unshaped scores are all equal; false keeps them, and a length reward then also teaches groups that are all correct"});
  set.add("max_rounds", max_rounds, {.help = "rounds of sampling per step: 1 draws no replacement for dropped groups, r allows r - 1 refill rounds", .unit = "rounds", .min = 1, .max = 100});
  set.add("advantage", advantage, {.help = "baseline and scale: group mean then batch whitening (DLER), group mean (Dr. GRPO), group mean and deviation (GRPO), leave one out (RLOO)",
                                   .choices = {"group_mean_batch_whiten", "group_mean", "group_std", "leave_one_out"}});
  set.add("truncation_factor", truncation_factor, {.help = "share of its score that an answer cut at the token limit keeps: 0 nothing, 1 all of it", .min = 0, .max = 1});
  set.add("length_reward", length_reward, {.help = "extra reward for short correct answers: none, or relative to the other correct answers of the group (Kimi k1.5)",
                                           .choices = {"none", "group_relative"}});
  set.add("length_weight", length_weight, {.help = "length reward of the shortest correct answer is +weight/2, of the longest -weight/2", .min = 0, .max = 1});
  set.add("length_warmup_steps", length_warmup_steps, {.help = "the length weight rises linearly from 0 over these steps; 0 switches it on at once", .unit = "steps", .min = 0, .max = 1000000000});
  set.add("mask_truncated", mask_truncated, {.help = "leave answers cut at the token limit out of the loss (DAPO overlong filtering)"});
}

void LossOptions::declare(OptionSet& set) {
  set.add("aggregation", aggregation, {.help = "mean over all tokens of the batch (DAPO), sum over a constant (Dr. GRPO), or mean over sequences of token means (GRPO)",
                                       .choices = {"token_mean", "constant", "sequence_mean"}});
  set.add("clip_low", clip_low, {.help = "the importance ratio is clipped at 1 - clip_low", .min = 0, .max = 1});
  set.add("clip_high", clip_high, {.help = "the importance ratio is clipped at 1 + clip_high", .min = 0, .max = 1000});
  set.add("dual_clip", dual_clip, {.help = "for negative advantages the loss is at most dual_clip times the advantage; 0 switches it off", .min = 0, .max = 1000});
  set.add("beta", beta, {.help = "weight of the KL penalty to the stage's initial weights; 0 only measures it", .min = 0, .max = 100});
  set.add("kl_every", kl_every, {.help = "steps between KL measurements when beta is 0; 0 never measures", .unit = "steps", .min = 0, .max = 1000000000});
  set.add("kl_fraction", kl_fraction, {.help = "share of the batch's sequences that a KL measurement scores when beta is 0", .min = 0, .max = 1});
  set.add("minibatches", minibatches, {.help = "optimizer steps per pass over a batch; 1 is on-policy", .min = 1, .max = 10000});
  set.add("epochs", epochs, {.help = "passes over each batch", .min = 1, .max = 1000});
}

void OptimizerOptions::declare(OptionSet& set) {
  set.add("lr", lr, {.help = "peak learning rate of AdamW", .min = 0, .max = 10});
  set.add("lr_schedule", lr_schedule, {.help = "course of the learning rate after warm-up", .choices = {"constant", "linear", "cosine"}});
  set.add("lr_warmup_steps", lr_warmup_steps, {.help = "steps over which the learning rate rises linearly", .unit = "steps", .min = 0, .max = 1000000000});
  set.add("lr_final", lr_final, {.help = "share of lr left at the end of a linear or cosine schedule", .min = 0, .max = 1});
  set.add("beta1", beta1, {.help = "decay of AdamW's mean of gradients", .min = 0, .max = 1});
  set.add("beta2", beta2, {.help = "decay of AdamW's mean of squared gradients", .min = 0, .max = 1});
  set.add("eps", eps, {.help = "AdamW's epsilon; RL gradients can be as small as 1e-18", .min = 0, .max = 1});
  set.add("weight_decay", weight_decay, {.help = "decoupled weight decay", .min = 0, .max = 10});
  set.add("grad_clip", grad_clip, {.help = "largest global gradient norm; larger gradients are scaled down to it; 0 never clips", .min = 0, .max = 1e9});
  set.add("micro_tokens", micro_tokens, {.help = "most tokens in one forward and backward pass; memory against speed, never the result's meaning", .unit = "tokens", .min = 1, .max = 100000000});
}

void RouterOptions::declare(OptionSet& set) {
  set.add("bias_update", bias_update, {.help = "when the selection bias of a sigmoid gate moves towards even load: in SFT of all weights only (a moving bias changes what RL selects, and adapters leave the router as it is), always, or never",
                                       .choices = {"sft", "always", "never"}});
  set.add("bias_update_rate", bias_update_rate, {.help = "step of the selection bias after an optimizer step: down where an expert's load is above the mean, up where it is below (DeepSeek-V3)", .min = 0, .max = 1});
  set.add("aux_loss_coef", aux_loss_coef, {.help = "weight of the auxiliary load-balancing loss, config.json's router_aux_loss_coef; 0 switches it off", .min = 0, .max = 100});
  set.add("aux_loss", aux_loss, {.help = "what the auxiliary loss levels: load over the whole optimizer step (Switch, Qwen3-MoE, OLMoE), or over each sequence (DeepSeek)", .choices = {"batch", "sequence"}});
}

void LoraOptions::declare(OptionSet& set) {
  set.add("rank", rank, {.help = "rank of the low-rank adapters that are trained in place of the weights; 0: off", .min = 0, .max = 4096});
  set.add("alpha", alpha, {.help = "the adapters' product is multiplied by alpha / rank", .min = 0, .max = 1e6});
  set.add("targets", targets, {.help = "projections that get adapters, by their names in the checkpoint (`q_proj`, `down_proj`, …), or `all-linear`, or `attention`; routed experts, router, embeddings, head and norms stay frozen"});
}

}  // namespace laconic::learner
