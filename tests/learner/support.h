// A small model with every part of the architecture, and batches for it. No torch.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/philox.h"
#include "learner/learner.h"
#include "model/tokenizer/bpe_trainer.h"
#include "model/init.h"

namespace laconic::learner::testing_support {

inline model::Config tiny_config() {
  model::Config c;
  c.vocab_size = 320;
  c.token_count = 263;  // as the tokenizer below: the rest are padding rows
  c.hidden_size = 32;
  c.num_hidden_layers = 3;
  c.intermediate_size = 64;
  c.first_k_dense_replace = 1;
  c.num_attention_heads = 4;
  c.q_lora_rank = 16;
  c.kv_lora_rank = 16;
  c.qk_nope_head_dim = 8;
  c.qk_rope_head_dim = 4;
  c.v_head_dim = 6;
  c.n_routed_experts = 8;
  c.n_shared_experts = 1;
  c.num_experts_per_tok = 2;
  c.moe_intermediate_size = 12;
  c.n_group = 2;
  c.topk_group = 1;
  c.routed_scaling_factor = 1.5;
  c.max_position_embeddings = 64;
  c.initializer_range = 0.2;
  return c;
}

// Every kind of block that a family is made of, small; the family's name first.
inline std::vector<std::pair<std::string, model::Config>> family_configs() {
  std::vector<std::pair<std::string, model::Config>> list;
  const auto add = [&](const std::string& name, const model::Config& base, const std::function<void(model::Config&)>& change) {
    list.emplace_back(name, base);
    list.back().second.model_type = name;
    change(list.back().second);
  };
  const model::Config v3 = tiny_config();
  add("deepseek_v3", v3, [](model::Config&) {});
  add("deepseek_v2", v3, [](model::Config& c) {  // one query projection, YaRN, softmax gate whose group score is a maximum
    c.q_lora_rank = 0;
    c.gate_score = kernels::GateScore::kSoftmax;
    c.norm_topk_prob = false;
    c.n_shared_experts = 2;
    c.yarn = {true, 4, 32, 1, 16, 0.707, 0.707};
  });
  model::Config grouped = v3;
  grouped.attention = model::AttentionKind::kGrouped;
  grouped.q_lora_rank = grouped.kv_lora_rank = grouped.n_shared_experts = grouped.n_routed_experts = grouped.num_experts_per_tok = 0;
  grouped.first_k_dense_replace = grouped.num_hidden_layers;
  grouped.num_key_value_heads = 2;
  grouped.head_dim = 8;
  grouped.rope_interleave = false;
  add("llama", grouped, [](model::Config& c) {
    c.num_attention_heads = 6;
    c.num_key_value_heads = 2;
    c.tie_word_embeddings = true;
    c.llama3 = {true, 8, 1, 4, 16};
  });
  add("qwen2", grouped, [](model::Config& c) { c.qkv_bias = true; });
  add("qwen3", grouped, [](model::Config& c) {
    c.head_dim = 12;  // not hidden / heads
    c.qk_norm = model::HeadNorm::kPerHead;
    c.tie_word_embeddings = true;
  });
  model::Config experts = grouped;
  experts.first_k_dense_replace = 0;
  experts.gate_score = kernels::GateScore::kSoftmax;
  experts.n_routed_experts = 8;
  experts.num_experts_per_tok = 2;
  experts.n_group = 1;
  experts.routed_scaling_factor = 1;
  add("qwen3_moe", experts, [](model::Config& c) { c.qk_norm = model::HeadNorm::kPerHead; });
  add("olmoe", experts, [](model::Config& c) {
    c.qk_norm = model::HeadNorm::kWhole;
    c.num_key_value_heads = 4;
    c.norm_topk_prob = false;
  });
  return list;
}

inline LearnerState initial_state(const model::Config& config = tiny_config(), std::uint64_t seed = 7) {
  LearnerState state(config);
  read_flat(state.layout, model::initial_weights(config, seed, model::DType::kF32), "test", state.masters);
  if (config.has_selection_bias()) state.published.biases.assign(static_cast<std::size_t>(config.moe_layers() * config.n_routed_experts), 0.0f);
  ThreadTeam alone(1);
  state.publish(alone);
  state.adam.reset(state.layout.size());
  const std::vector<std::string> lines = {"1+2=3"};
  state.tokenizer_json = model::train_tokenizer(lines, 263);
  return state;
}

// `sequences` chains of differing lengths; everything after a prompt of three tokens carries loss.
inline trajectory::Batch sft_batch(int sequences, int step = 0, std::uint64_t seed = 3, const model::Config& config = tiny_config()) {
  trajectory::Batch batch;
  batch.stage = 0;
  batch.step = step;
  batch.objective = "sft";
  PhiloxStream random(seed, static_cast<std::uint32_t>(step));
  for (int s = 0; s < sequences; ++s) {
    const std::int32_t length = 6 + static_cast<std::int32_t>(random.below(30));
    batch.lengths.push_back(length);
    for (std::int32_t i = 0; i < length; ++i) {
      batch.tokens.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(config.sampled_ids()))));
      batch.in_loss.push_back(i >= 3);
    }
  }
  return batch;
}

inline StageStart stage_start(StageKind kind, std::string options = "{}", std::int32_t stage = 0) {
  return {stage, kind, std::move(options), 20, true};
}

// The same sequences as rollout would have returned them: log-probs and routing of the given weights.
inline trajectory::Batch rl_batch(const LearnerState& state, int sequences, int step = 0, float temperature = 1, std::uint64_t seed = 5) {
  trajectory::Batch batch = sft_batch(sequences, step, seed, state.config);
  batch.objective = "grpo";
  batch.temperature = temperature;
  PhiloxStream random(seed + 100, static_cast<std::uint32_t>(step));
  for (int s = 0; s < sequences; ++s) batch.advantage.push_back(static_cast<float>(2 * random.uniform() - 1));
  batch.logprob.assign(batch.tokens.size(), 0.0f);
  ThreadTeam team(1);
  Scorer scorer(state.config, team);
  const model::ModelPtr model = model::pack_model(state.config, state.published.tensors(state.config, state.layout));
  const BatchIndex index(batch);
  for (std::int32_t s = 0; s < sequences; ++s) {
    const MicroBatch micro = pack(batch, index, {s}, state.config);
    const MicroValues values = scorer.score(*model, micro, false, false);
    for (std::int64_t t = 0; t < micro.targets(); ++t) batch.logprob[index.token_starts[s] + micro.target_rows[t] + 1] = values.logp[t];
    batch.expert_ids.insert(batch.expert_ids.end(), values.expert_ids.begin(), values.expert_ids.end());
  }
  return batch;
}

inline std::string weights_hash(const Learner& learner) {
  const std::string bytes = learner.weights_bytes();
  return sha256_hex(as_byte_span(bytes));
}

inline std::string masters_hash(const LearnerState& state) { return sha256_hex(std::as_bytes(std::span(state.masters))); }

}  // namespace laconic::learner::testing_support
