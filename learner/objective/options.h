// The recipe keys of the RL objective: what a reward is, what an advantage is, what the loss is.
// Formulas and sources: the headers that use them, docs/recipes.md for the prose.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace laconic::learner {

// Reward shaping and advantages: computed by the hub, without torch.
struct ObjectiveOptions {
  int group_size = 8;                        // samples per prompt (TRL num_generations, verl rollout.n)
  int prompts_per_step = 24;
  bool dynamic_sampling = true;              // drop groups without signal (judged on the unshaped score)
  int max_rounds = 1;                        // 1: no refill; r: at most r − 1 refill rounds
  std::string advantage = "group_mean_batch_whiten";  // | "group_mean" (Dr. GRPO) | "group_std" (GRPO) | "leave_one_out" (RLOO)
  double truncation_factor = 0.1;            // share of its score that a cut answer keeps (DLER's 0.1); see reward.h
  std::string length_reward = "none";        // "none" | "group_relative" (Kimi k1.5, correct answers only)
  double length_weight = 0.0;
  int length_warmup_steps = 0;               // weight rises linearly from 0 over these steps
  bool mask_truncated = false;               // DAPO overlong filtering: no loss on cut samples
  void declare(OptionSet& set);
};

// The loss: sent to the learner as options.
struct LossOptions {
  std::string aggregation = "token_mean";    // | "constant" (Dr. GRPO; divided by group_size·prompts·max_tokens) | "sequence_mean"
  double clip_low = 0.2, clip_high = 0.28;   // DAPO's asymmetric clip, deltas from 1
  double dual_clip = 10.0;                   // 0: off
  double beta = 0.0;                         // KL penalty (V3.2's unbiased form); 0: KL is only measured
  int kl_every = 10;                         // steps between KL measurements when beta = 0
  double kl_fraction = 0.25;                 // of the batch's sequences, when beta = 0
  int minibatches = 1, epochs = 1;
  void declare(OptionSet& set);
};

struct OptimizerOptions {
  double lr = 3e-4;
  std::string lr_schedule = "constant";      // | "linear" | "cosine", to lr · lr_final
  int lr_warmup_steps = 0;
  double lr_final = 0.0;
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-15, weight_decay = 0.0, grad_clip = 1.0;
  int micro_tokens = 4096;                   // most tokens in one forward/backward
  void declare(OptionSet& set);
};

// How expert load is kept even (learner/balance.h, learner/router_loss.h).
struct RouterOptions {
  std::string bias_update = "sft";           // | "always" | "never": when the selection bias moves
  double bias_update_rate = 0.001;           // γ of its sign rule
  double aux_loss_coef = 0;                  // 0: no auxiliary loss
  std::string aux_loss = "batch";            // | "sequence"
  void declare(OptionSet& set);
};

// Low-rank adapters (LoRA, Hu et al. 2021): where the gradient goes, not what is published. The weights
// that the world sees are the base with the adapters merged in, in bf16 (learner/lora.h).
struct LoraOptions {
  int rank = 0;                              // 0: off, every weight is trained
  double alpha = 32;                         // W = W0 + alpha/rank · B·A
  std::vector<std::string> targets = {"all-linear"};  // lora_targets.h
  void declare(OptionSet& set);
  bool operator==(const LoraOptions&) const = default;
};

}  // namespace laconic::learner
