// Problems → token ids. Pure: the same problem gives the same tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/card.h"
#include "model/chat/chat.h"
#include "model/config.h"
#include "model/tokenizer/tokenizer.h"
#include "pipeline/data/problem.h"
#include "pipeline/data/source.h"
#include "pipeline/recipe.h"
#include "trajectory/batch.h"
#include "trajectory/record.h"

namespace laconic::pipeline {

struct Prompt {
  std::vector<std::int32_t> tokens;
  std::vector<trajectory::Span> spans;
};

// What a model imitates for a problem: its chain, the end of thinking, its solution.
std::string target_text(const Problem& problem, const model::ChatTemplate& chat, model::ChatOptions options = {});

class Prompts {
 public:
  // Of a checkpoint: a folder, or a GGUF file. `positions`: the config's are cut to these; 0: as they
  // are. Throws Error when the model has fewer.
  Prompts(const fs::path& model, const std::string& chat, std::int64_t positions = 0, model::ChatOptions options = {});

  const model::Config& config() const { return config_; }
  const model::Tokenizer& tokenizer() const { return tokenizer_; }
  const model::ChatTemplate& chat() const { return chat_; }
  const model::ChatOptions& chat_options() const { return options_; }

  // Throws Error naming the problem when prompt and `max_tokens` exceed the model's positions.
  Prompt prompt(const Problem& problem, int max_tokens) const;

  std::int64_t prompt_length(const Problem& problem) const;  // tokens of the prompt
  std::int64_t chain_length(const Problem& problem) const;   // tokens of an SFT row: prompt, target, end token

  // Text of a sample's response: valid UTF-8, special tokens as text, but without the one that ended it:
  // "The answer is 15." must not be judged as "15.<|im_end|>".
  std::string response_text(const trajectory::Trajectory& sample) const;

  // The batch of an SFT step: chains of draws 0 … batch − 1; loss on everything after the prompt.
  trajectory::Batch sft_batch(const ProblemSource& source, std::uint64_t seed, int stage, int step, int chains) const;

 private:
  Prompts(const model::ModelCard& card, const std::string& where, const std::string& chat, model::ChatOptions options);

  model::Config config_;
  model::Tokenizer tokenizer_;
  model::ChatTemplate chat_;
  model::ChatOptions options_;
};

// Fresh model: sizes of the recipe, tokenizer trained on `source`'s chains, weights from the seed.
// Writes a checkpoint into `folder`, published whole. `draws_per_step` as given to make_source.
void make_initial_model(const Recipe& recipe, const ProblemSource& source, int draws_per_step, const fs::path& folder);

// The template around a fresh model's prompts; `auto` is deepseek-r1, whose special tokens its tokenizer has.
model::ChatTemplate fresh_chat(const ModelOptions& options);

// The architecture of a recipe's fresh model with a vocabulary of `vocab_size` ids.
model::Config fresh_config(const ModelOptions& options, std::int64_t vocab_size);

}  // namespace laconic::pipeline
