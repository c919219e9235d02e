// What an exported folder holds beside weights, config and tokenizer.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "model/card.h"
#include "pipeline/recipe.h"
#include "pipeline/run_checkpoint.h"

namespace laconic::cli {

struct ExportSource {
  fs::path folder;                    // a checkpoint, a Hugging Face folder or a GGUF file
  fs::path run;                       // the run that the checkpoint is of; empty: none
  std::optional<pipeline::RunCheckpoint> checkpoint;
  std::optional<pipeline::Recipe> recipe;
};

// RUN[, step of its newest stage that has a checkpoint there], or a model. Throws UsageError that lists the
// steps there are.
ExportSource find_export(const std::string& runs, const std::string& name, std::optional<int> step);

// transformers' generation_config.json: end tokens, and the sampling that the model was trained with.
std::string generation_config_json(const ExportSource& source, const model::ModelCard& card);

// README.md: what the model is, how it was trained, how it did.
std::string export_readme(const ExportSource& source, const model::ModelCard& card, double parameters);

// The Jinja source that writes what the run's native chat template writes; empty where there is none, or it
// cannot say the same (which is tried out).
std::string chat_template_of(const ExportSource& source, const model::ModelCard& card);

}  // namespace laconic::cli
