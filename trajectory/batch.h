// What a learner step is a function of, besides the learner's own state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace laconic::trajectory {

// One optimizer step's input, as the learner takes it: sequences in ticket order, concatenated.
struct Batch {
  std::int32_t stage = 0, step = 0;
  std::string objective;                   // "sft" or "grpo"
  std::vector<std::int32_t> lengths;       // tokens per sequence
  std::vector<std::int32_t> tokens;        // Σ lengths
  std::vector<std::uint8_t> in_loss;       // Σ lengths: 1 where the token (as a target) carries loss
  // grpo only, all empty for sft:
  std::vector<float> logprob;              // Σ lengths: behaviour log-prob where in_loss or model token, else 0
  std::vector<float> advantage;            // per sequence
  std::vector<std::uint16_t> expert_ids;   // [Σ (lengths − 1)][moe_layers][top_k], empty: not forced
  std::vector<std::int32_t> kept_offsets;  // Σ lengths + 1 or empty: CSR over tokens as targets
  std::vector<std::int32_t> kept_ids;
  float temperature = 1;                   // of sampling
};

}  // namespace laconic::trajectory
