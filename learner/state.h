// Everything a learner's next step depends on besides the batch; and its checkpoint.
//
// A checkpoint folder holds what transformers loads (config.json, model.safetensors, tokenizer), and
// beside it optimizer.safetensors (fp32: "master.NAME", "exp_avg.NAME", "exp_avg_sq.NAME"), in an RL
// stage reference.safetensors (the weights that the KL is measured against), and learner.json:
// format, stage, counters and the SHA-256 of the other files. Resuming from it continues bit for bit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "learner/optimizer.h"
#include "learner/parameters.h"
#include "learner/stage.h"
#include "model/forward.h"

namespace laconic::learner {

// Weights as the kernels and the world see them: bf16 parameters, fp32 selection biases.
struct PublishedWeights {
  std::vector<bf16> parameters;  // ParameterLayout
  std::vector<float> biases;     // [moe_layers][experts]
  model::TensorMap tensors(const model::Config& config, const ParameterLayout& layout) const;  // views
};

struct LearnerState {
  explicit LearnerState(const model::Config& config);

  model::Config config;
  ParameterLayout layout;
  std::string tokenizer_json, chat_template;  // as in its ModelCard

  std::vector<float> masters;    // fp32, ParameterLayout
  PublishedWeights published;    // masters rounded to bf16, nearest even
  AdamState adam;

  std::int32_t stage = -1;       // −1: none started
  StageStart start;              // of the stage, as the hub gave it
  std::int64_t steps_done = 0;   // batches of this stage
  std::int32_t last_step = -1;   // number of the last batch
  bool has_reference = false;
  PublishedWeights reference;    // weights at the start of an RL stage

  void publish();                // masters → published.parameters
};

// A fresh state: masters are the checkpoint's weights (BF16 or F32), moments are zero.
LearnerState load_initial(const fs::path& folder);
// A resumed state; throws Error naming the missing, truncated or altered file and the next command.
LearnerState load_resumed(const fs::path& folder);

// Writes into `folder`, which must not exist. Returns the SHA-256 of model.safetensors.
std::string save_state(const LearnerState& state, const fs::path& folder);

}  // namespace laconic::learner
