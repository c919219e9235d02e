// The model that a run from scratch starts from: tokenizer, config, weights.
#include "model/tokenizer/bpe_trainer.h"
#include "model/checkpoint.h"
#include "model/init.h"
#include "pipeline/hub/prompts.h"

namespace laconic::pipeline {

model::ChatTemplate fresh_chat(const ModelOptions& options) {
  return model::ChatTemplate::named(options.chat == "auto" ? "deepseek-r1" : options.chat);
}

model::Config fresh_config(const ModelOptions& o, std::int64_t vocab_size) {
  model::Config c;
  c.vocab_size = vocab_size;
  c.hidden_size = o.hidden_size;
  c.num_hidden_layers = o.layers;
  c.intermediate_size = o.intermediate_size;
  c.first_k_dense_replace = o.dense_layers;
  c.num_attention_heads = o.heads;
  c.q_lora_rank = o.q_lora_rank;
  c.kv_lora_rank = o.kv_lora_rank;
  c.qk_nope_head_dim = o.qk_nope_head_dim;
  c.qk_rope_head_dim = o.qk_rope_head_dim;
  c.v_head_dim = o.v_head_dim;
  c.n_routed_experts = o.experts;
  c.n_shared_experts = o.shared_experts;
  c.num_experts_per_tok = o.experts_per_token;
  c.moe_intermediate_size = o.moe_intermediate_size;
  c.routed_scaling_factor = o.routed_scaling_factor;
  c.rope_theta = o.rope_theta;
  c.max_position_embeddings = o.fresh_positions();
  c.initializer_range = o.initializer_range;
  c.bos_token_id = 0;          // model::deepseek_special_tokens: begin of sentence, end of sentence, …
  c.eos_token_ids = {1};
  return c;
}

void make_initial_model(const Recipe& recipe, const ProblemSource& source, int draws_per_step, const fs::path& folder) {
  const model::ChatTemplate chat = fresh_chat(recipe.model);
  std::vector<std::string> lines;
  for (int i = 0; i < recipe.model.tokenizer_chains; ++i) {
    // Stage −1: a stream of its own, whatever the stages draw.
    const Problem problem = source.train(static_cast<std::uint64_t>(recipe.seed),
                                         {.stage = -1, .step = i / draws_per_step, .draw = i % draws_per_step});
    lines.push_back(problem.prompt);
    lines.push_back(target_text(problem, chat, {.thinking = recipe.model.thinking}));
  }
  const std::string tokenizer_json = model::train_tokenizer(lines, recipe.model.vocab_size);
  const model::Config config =
      fresh_config(recipe.model, model::Tokenizer::parse(tokenizer_json, "the trained tokenizer").vocab_size());
  const fs::path temporary = folder.string() + ".tmp";
  fs::remove_all(temporary);
  model::save_checkpoint(temporary, {config, tokenizer_json, ""}, model::initial_weights(config, static_cast<std::uint64_t>(recipe.seed), model::DType::kF32));
  publish_folder(temporary, folder);
}

}  // namespace laconic::pipeline
