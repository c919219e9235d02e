// A random model of a few thousand weights with every part of the architecture, and requests to it.
#pragma once

#include <string>
#include <vector>

#include "base/philox.h"
#include "model/forward.h"
#include "model/init.h"
#include "trajectory/record.h"
#include "wire/protocol.h"

namespace laconic::rollout::testing_model {

inline model::Config config() {
  model::Config c;
  c.vocab_size = 320;
  c.token_count = 310;
  c.hidden_size = 32;
  c.num_hidden_layers = 3;
  c.intermediate_size = 64;
  c.first_k_dense_replace = 1;
  c.num_attention_heads = 4;
  c.q_lora_rank = 16;
  c.kv_lora_rank = 16;
  c.qk_nope_head_dim = 8;
  c.qk_rope_head_dim = 8;
  c.v_head_dim = 8;
  c.n_routed_experts = 8;
  c.n_shared_experts = 1;
  c.num_experts_per_tok = 2;
  c.moe_intermediate_size = 16;
  c.n_group = 2;
  c.topk_group = 1;
  c.routed_scaling_factor = 1.5;
  c.max_position_embeddings = 256;
  c.initializer_range = 0.3;  // large, so that distributions are far from uniform
  return c;
}

inline model::ModelPtr model(std::uint64_t seed = 7) {
  return model::pack_model(config(), model::initial_weights(config(), seed, model::DType::kBF16));
}

// A request whose parts follow from `draw`.
inline wire::RolloutLease request(std::int32_t draw, std::int32_t prompt_tokens, std::int32_t samples, std::int32_t max_tokens, wire::Sampling sampling = {1, 1, 0, 0}) {
  wire::RolloutLease r;
  r.ticket = Ticket{1, WorkKind::kTrain, 5, 0, draw};
  r.philox_key = philox_key(42, r.ticket);
  r.weight_version = 5;
  r.samples = samples;
  r.sampling = sampling;
  r.sampling.max_tokens = max_tokens;
  PhiloxStream random(1000 + draw, 0);
  for (std::int32_t i = 0; i < prompt_tokens; ++i) r.prompt.push_back(static_cast<std::int32_t>(random.below(310)));
  r.spans = {{trajectory::Source::kUser, -1, 0, prompt_tokens}};
  r.deadline_seconds = 600;
  return r;
}

}  // namespace laconic::rollout::testing_model
