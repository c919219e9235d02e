// What the DeepSeek families share: the keys of latent attention and of the mixture's layout and gate.
// Private to this folder.
#pragma once

#include "model/family/family.h"

namespace laconic::model {

// Latent attention (MLA): ranks, head widths and the rope layout.
void read_latent(const Fields& fields, Config& config);
void write_latent(const Config& config, Json& json);

// Which layers are mixtures, the experts, and the factor on their output; nothing of how they are chosen.
// A model without any MoE layer needs none of the keys but the first.
void read_deepseek_experts(const Fields& fields, Config& config);
void write_deepseek_experts(const Config& config, Json& json);

// n_group and topk_group, checked against the experts. `smallest_group`: the least experts a group may have.
void read_expert_groups(const Fields& fields, Config& config, std::int64_t smallest_group);

// The whole of V3's mathematics, and of V3.2's but for its indexer.
void read_deepseek_v3(const Fields& fields, Config& config);
void write_deepseek_v3(const Config& config, Json& json);

}  // namespace laconic::model
