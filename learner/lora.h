// LoRA (Hu et al. 2021) as an option of the gradient's path. What is published, sampled from and scored
// is always one ordinary set of bf16 weights, W = bf16(W0 + s·B·A) with s = alpha/rank, so nothing
// but the learner knows of adapters and the one forward pass stays one. The gradient is, by definition,
// taken at W and straight through the rounding: dA = s·Bᵀ·dW, dB = s·dW·Aᵀ, without forming dW.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_team.h"
#include "kernels/bf16.h"
#include "learner/objective/options.h"
#include "learner/parameters.h"
#include "model/config.h"

namespace laconic::learner {

// One adapted matrix W [outputs, inputs]: A [rank, inputs], B [outputs, rank].
struct Adapter {
  std::string weight;                  // the model's tensor
  std::int64_t outputs = 0, inputs = 0;
  std::int64_t w = 0, a = 0, b = 0;    // where it starts in the model's layout; A and B in the adapters'
};

// Every adapter of a stage, and where its A and B lie in one flat fp32 array. An immutable value.
class AdapterLayout {
 public:
  // Throws Error (naming `where`) on targets that the model has not.
  AdapterLayout(const model::Config& config, const ParameterLayout& model, const LoraOptions& options, const std::string& where);

  const std::vector<Adapter>& adapters() const { return adapters_; }  // in the order of the model's layout
  // "base_model.model.….q_proj.lora_A.weight": PEFT's names.
  const ParameterLayout& parameters() const { return parameters_; }
  const LoraOptions& options() const { return options_; }
  int rank() const { return options_.rank; }
  double scale() const { return options_.alpha / options_.rank; }

 private:
  LoraOptions options_;
  std::vector<Adapter> adapters_;
  ParameterLayout parameters_;
};

// A: uniform in ±1/√inputs (PEFT's Kaiming rule at a = √5), from Philox by seed, stage and name; B: 0.
std::vector<float> initial_adapters(const AdapterLayout& layout, std::uint64_t seed, std::int32_t stage);

// published = bf16(base + s·B·A) for the adapted tensors, the others untouched; both arrays in the
// model's layout. docs/numerics.md has the arithmetic. The same bits for any number of threads.
void merge_adapters(ThreadTeam& team, const AdapterLayout& layout, const std::vector<float>& adapters, const std::vector<bf16>& base, std::vector<bf16>& published);

// adapter_config.json as PEFT reads it.
std::string peft_config_json(const AdapterLayout& layout);

}  // namespace laconic::learner
