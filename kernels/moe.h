// Mixture of experts: gate, fused expert layer. DeepSeek-V3 report §2.1.2 (sigmoid gate with
// selection bias, group-limited top-k), DeepSeek-V2 report §2.2 (softmax gate), DeepSeekMoE (Dai et
// al. 2024) for the experts.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_team.h"
#include "kernels/packed_matrix.h"

namespace laconic::kernels {

inline constexpr int kMaxExperts = 1024;  // the gate's stack scratch

enum class GateScore : std::uint8_t { kSigmoid, kSoftmax };

struct GateShape {
  int experts = 0, top_k = 0;
  GateScore score = GateScore::kSigmoid;
  int groups = 1, kept_groups = 1;  // n_group, topk_group
  int group_best = 2;               // a group's score is the sum of its 1 or 2 largest
  bool normalise = true;            // norm_topk_prob
  float scaling = 1;                // routed_scaling_factor
};

// s = sigmoid(logits), or softmax(logits) with its sum over experts ascending; selection on s + bias
// (null: none): dropped groups count as −inf, ties to the lower id; slots in descending biased score.
// Weights come from unbiased s: s / (Σ_slots s + 1e-20) · scaling, the sum over slots ascending.
// `forced`: null, or [rows, top_k] ids that replace the selection (weights from current logits).
// logits: fp32 [rows, experts]; ids: uint16 [rows, top_k]; weights: fp32 [rows, top_k]. SPMD over
// rows, no barrier at the end.
void gate(const Ctx& ctx, const float* logits, std::int64_t rows, const float* bias, const GateShape& shape,
          const std::uint16_t* forced, std::uint16_t* ids, float* weights);

// SwiGLU: out = bf16(silu(gate) · up), silu(g) = g / (1 + exp(−g)). gate_up: fp32 [rows, 2·width],
// gate in columns [0, width). SPMD, no barrier at the end.
void swiglu(const Ctx& ctx, const float* gate_up, std::int64_t rows, std::int64_t width, bf16* out);

struct Expert {
  PackedMatrix gate_up;  // [2·width, hidden]: gate rows, then up rows
  PackedMatrix down;     // [hidden, width]
};

// Bytes of scratch that moe_experts needs for `rows` tokens.
std::size_t moe_scratch_bytes(std::int64_t rows, int top_k, std::int64_t hidden, std::int64_t width, int experts);

// y[r] ← fma(weights[r][slot], expert_{ids[r][slot]}(x[r]), y[r]) for slot = 0 … top_k−1, where
// expert(x) = down(bf16(swiglu(gate_up(x)))). x: bf16 [rows, hidden]; y: fp32 [rows, hidden],
// already holding the shared expert's output (or zero). `scratch`: shared by the team, 64-byte
// aligned. Has barriers inside; does not end in one.
void moe_experts(const Ctx& ctx, const bf16* x, std::int64_t rows, std::span<const Expert> experts,
                 const std::uint16_t* ids, const float* weights, int top_k, void* scratch, float* y);

}  // namespace laconic::kernels
