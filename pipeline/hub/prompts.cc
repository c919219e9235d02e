#include "pipeline/hub/prompts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/ticket.h"

namespace laconic::pipeline {

using trajectory::Source;

std::string target_text(const Problem& problem, const model::ChatTemplate& chat, model::ChatOptions options) {
  if (!chat.thinks() || !options.thinking) return problem.chain + "\n" + problem.solution;
  return (chat.opens_thinking() ? "" : "<think>\n") + problem.chain + "\n</think>\n\n" + problem.solution;
}

Prompts::Prompts(const fs::path& model, const std::string& chat, std::int64_t positions, model::ChatOptions options)
    : Prompts(model::read_card(model), model.string(), chat, options) {
  if (positions > config_.max_position_embeddings)
    throw Error(fmt::format("`model.positions` is {}, but the checkpoint has {}", positions, config_.max_position_embeddings), model.string(),
                "leave `model.positions` out, or lower it");
  if (positions > 0) config_.max_position_embeddings = positions;
}

Prompts::Prompts(const model::ModelCard& card, const std::string& where, const std::string& chat, model::ChatOptions options)
    : config_(card.config), tokenizer_(model::Tokenizer::parse(card.tokenizer_json, where)), chat_(model::ChatTemplate::choose(card, chat)),
      options_(options) {}

Prompt Prompts::prompt(const Problem& problem, int max_tokens) const {
  model::RenderedPrompt rendered = model::render_prompt(tokenizer_, chat_, config_, problem.prompt, problem.system, options_);
  if (static_cast<std::int64_t>(rendered.tokens.size()) + max_tokens > config_.max_position_embeddings)
    throw Error(fmt::format("a prompt of {} tokens and an answer of up to {} exceed the model's {} positions", rendered.tokens.size(),
                            max_tokens, config_.max_position_embeddings),
                "problem " + problem.id, "lower sampling.max_tokens, or leave such rows out");
  Prompt prompt;
  prompt.tokens = std::move(rendered.tokens);
  for (const model::PromptPiece& piece : rendered.pieces)
    prompt.spans.push_back({piece.user ? Source::kUser : Source::kTemplate, -1, piece.start, piece.length});
  return prompt;
}

std::int64_t Prompts::prompt_length(const Problem& problem) const {
  return static_cast<std::int64_t>(model::render_prompt(tokenizer_, chat_, config_, problem.prompt, problem.system, options_).tokens.size());
}

std::int64_t Prompts::chain_length(const Problem& problem) const {
  return prompt_length(problem) + static_cast<std::int64_t>(tokenizer_.encode(target_text(problem, chat_, options_)).size()) + 1;
}

std::string Prompts::response_text(const trajectory::Trajectory& sample) const {
  std::span<const std::int32_t> tokens = std::span(sample.tokens).subspan(static_cast<std::size_t>(sample.prompt_length()));
  const auto& ends = config_.eos_token_ids;
  if (sample.stop == trajectory::StopReason::kEndToken && !tokens.empty() && std::find(ends.begin(), ends.end(), tokens.back()) != ends.end())
    tokens = tokens.first(tokens.size() - 1);
  return tokenizer_.decode_text(tokens);
}

trajectory::Batch Prompts::sft_batch(const ProblemSource& source, std::uint64_t seed, int stage, int step, int chains) const {
  trajectory::Batch batch;
  batch.stage = stage;
  batch.step = step;
  batch.objective = "sft";
  if (config_.eos_token_ids.empty()) throw Error("the model's config.json names no end token (eos_token_id)");
  for (int draw = 0; draw < chains; ++draw) {
    const Problem problem = source.train(seed, {.stage = stage, .kind = WorkKind::kTrain, .step = step, .round = 0, .draw = draw});
    std::vector<std::int32_t> tokens = prompt(problem, 0).tokens;
    const std::size_t prompt_length = tokens.size();
    const std::vector<std::int32_t> target = tokenizer_.encode(target_text(problem, chat_, options_));
    tokens.insert(tokens.end(), target.begin(), target.end());
    tokens.push_back(config_.eos_token_ids.front());
    if (static_cast<std::int64_t>(tokens.size()) > config_.max_position_embeddings)
      throw Error(fmt::format("a chain of {} tokens exceeds the model's {} positions", tokens.size(), config_.max_position_embeddings),
                  "problem " + problem.id, "raise model.positions, or make chains shorter");
    batch.lengths.push_back(static_cast<std::int32_t>(tokens.size()));
    batch.tokens.insert(batch.tokens.end(), tokens.begin(), tokens.end());
    batch.in_loss.insert(batch.in_loss.end(), prompt_length, 0);
    batch.in_loss.insert(batch.in_loss.end(), tokens.size() - prompt_length, 1);
  }
  return batch;
}

}  // namespace laconic::pipeline
