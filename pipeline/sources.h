// The sources of a recipe's stages: opened, their rows checked, and what is worth knowing about them said.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "pipeline/data/source.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/judges.h"
#include "pipeline/progress.h"
#include "pipeline/recipe.h"

namespace laconic::pipeline {

using Sources = std::vector<std::unique_ptr<ProblemSource>>;  // one a stage

// Draws of a step: what make_source wants to know.
int draws_per_step(const Stage& stage);

// Opens each stage's source and sets aside the rows that its verifier cannot judge, where they would be
// judged: such a row is listed, never scored 0. Throws Error about a file, a row, or a stage that
// has nothing to evaluate on.
Sources open_sources(const Recipe& recipe, Judges& judges);

// For set_aside: why a problem's prompt and an answer of `max_tokens` do not fit the model. Refers to `prompts`.
ProblemSource::Reason exceeds_positions(const Prompts& prompts, int max_tokens);

// Sets aside rows whose prompt and longest answer (or whose chain to imitate) exceed the model's
// positions, so that none of them ends the run in the middle.
void set_aside_long(const Recipe& recipe, const Sources& sources, const Prompts& prompts);

// The longest answer of an evaluation after `stage`: the recipe's; where it names none the RL stage's, and
// after SFT half of what the model holds.
int eval_max_tokens(const Recipe& recipe, const Stage& stage, std::int64_t positions);

// Held-out problems that are trained on, repeated questions: a line each.
std::vector<std::string> source_notes(const Recipe& recipe, const Sources& sources);

// Warns of source_notes and of what was left out: the first lines of it, and all of them in the file
// left-out.txt in `folder`, which is written when there is any.
void report_sources(const Recipe& recipe, const Sources& sources, const fs::path& folder, Observer& observer);

}  // namespace laconic::pipeline
