// Everything a learner's next step depends on besides the batch; and its checkpoint.
//
// A checkpoint folder holds what transformers loads (config.json, model.safetensors, tokenizer), and
// beside it optimizer.safetensors (fp32: "master.NAME", "exp_avg.NAME", "exp_avg_sq.NAME"), in a stage
// that needs it reference.safetensors (the weights at the stage's start), and learner.json: format,
// stage, counters and the SHA-256 of the other files. In a stage with LoRA model.safetensors is merged,
// and the masters are the adapters, in adapter/ as PEFT loads them. Resuming continues bit for bit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "learner/kept_file.h"
#include "learner/lora.h"
#include "learner/optimizer.h"
#include "learner/parameters.h"
#include "learner/stage.h"
#include "model/forward.h"

namespace laconic::learner {

// Weights as the kernels and the world see them: bf16 parameters, fp32 selection biases.
struct PublishedWeights {
  std::vector<bf16> parameters;  // ParameterLayout
  std::vector<float> biases;     // [moe_layers][experts]; empty without a selection bias
  model::TensorMap tensors(const model::Config& config, const ParameterLayout& layout) const;  // views
};

struct LearnerState {
  explicit LearnerState(const model::Config& config);

  model::Config config;
  ParameterLayout layout;
  std::string tokenizer_json, chat_template;  // as in its ModelCard

  // What the optimizer moves: in a stage with LoRA its adapters, else all parameters.
  std::optional<AdapterLayout> adapters;
  const ParameterLayout& trained() const { return adapters ? adapters->parameters() : layout; }

  std::vector<float> masters;    // fp32, trained(); empty before the first stage when the published weights say it all
  PublishedWeights published;    // masters rounded to bf16, nearest even; or the reference with the adapters merged in
  AdamState adam;                // trained(); empty before the first stage

  std::int32_t stage = -1;       // −1: none started
  StageStart start;              // of the stage, as the hub gave it
  std::int64_t steps_done = 0;   // batches of this stage
  std::int32_t last_step = -1;   // number of the last batch
  bool has_reference = false;
  PublishedWeights reference;    // weights at the start of a stage: RL measures its KL against them, LoRA adds to them
  mutable std::shared_ptr<const KeptFile> reference_file;  // a checkpoint's, that the next one links; not part of the state

  void publish(ThreadTeam& team);  // masters → published.parameters
};

// A fresh state. Where the checkpoint's weights are wider than bf16, the masters hold them.
LearnerState load_initial(const fs::path& folder);
// A resumed state; throws Error naming the missing, truncated or altered file and the next command.
LearnerState load_resumed(const fs::path& folder);

// Writes into `folder`, which must not exist.
void save_state(const LearnerState& state, const fs::path& folder);

}  // namespace laconic::learner
