#include "pipeline/sources.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

using Part = ProblemSource::Part;

bool evaluates(const Recipe& recipe, std::size_t stage) {
  return recipe.run.eval.problems > 0 && (recipe.stages[stage].type == StageType::kRl || stage + 1 == recipe.stages.size());
}

}  // namespace

int draws_per_step(const Stage& stage) { return stage.type == StageType::kSft ? stage.batch : stage.objective.prompts_per_step; }

int eval_max_tokens(const Recipe& recipe, const Stage& stage, std::int64_t positions) {
  if (recipe.run.eval.max_tokens > 0) return recipe.run.eval.max_tokens;
  return stage.type == StageType::kRl ? stage.sampling.max_tokens : static_cast<int>(positions / 2);
}

Sources open_sources(const Recipe& recipe, Judges& judges) {
  Sources sources;
  const auto bad_row = [&](const Problem& problem) { return judges.bad_row(problem); };
  for (std::size_t i = 0; i < recipe.stages.size(); ++i) {
    const Stage& stage = recipe.stages[i];
    // The first stage of a fresh model also teaches the tokenizer.
    const bool needs_chains = stage.type == StageType::kSft || (recipe.model.path.empty() && i == 0);
    sources.push_back(make_source(stage.data, draws_per_step(stage), needs_chains, recipe.verifier.spec.name));
    ProblemSource& source = *sources.back();
    if (stage.type == StageType::kRl) source.set_aside(Part::kTrain, bad_row);
    if (!evaluates(recipe, i)) continue;
    source.set_aside(Part::kEval, bad_row);
    if (source.eval(recipe.run.eval.problems).empty())
      throw Error("stage `" + stage.name + "` has no held-out problems to evaluate on", recipe.where(stage.name + ".data.source", "the recipe"),
                  "set `" + stage.name + ".data.heldout_fraction` above 0 or `" + stage.name + ".data.eval_source`, or `run.eval.problems=0`");
  }
  return sources;
}

ProblemSource::Reason exceeds_positions(const Prompts& prompts, int max_tokens) {
  return [&prompts, max_tokens](const Problem& problem) -> std::optional<std::string> {
    const std::int64_t positions = prompts.config().max_position_embeddings, tokens = prompts.prompt_length(problem);
    if (tokens + max_tokens <= positions) return std::nullopt;
    return fmt::format("a prompt of {} tokens and an answer of up to {} exceed the model's {} positions", tokens, max_tokens, positions);
  };
}

void set_aside_long(const Recipe& recipe, const Sources& sources, const Prompts& prompts) {
  const std::int64_t positions = prompts.config().max_position_embeddings;
  const auto chain_too_long = [&](const Problem& problem) -> std::optional<std::string> {
    const std::int64_t tokens = prompts.chain_length(problem);
    if (tokens <= positions) return std::nullopt;
    return fmt::format("prompt and chain of {} tokens exceed the model's {} positions", tokens, positions);
  };
  for (std::size_t i = 0; i < recipe.stages.size(); ++i) {
    const Stage& stage = recipe.stages[i];
    if (stage.type == StageType::kSft) sources[i]->set_aside(Part::kTrain, chain_too_long);
    else sources[i]->set_aside(Part::kTrain, exceeds_positions(prompts, stage.sampling.max_tokens));
    if (evaluates(recipe, i)) sources[i]->set_aside(Part::kEval, exceeds_positions(prompts, eval_max_tokens(recipe, stage, positions)));
  }
}

std::vector<std::string> source_notes(const Recipe& recipe, const Sources& sources) {
  std::vector<std::string> notes;
  std::set<std::string> said;  // two stages often share a file
  const auto say = [&](std::string note) {
    if (said.insert(note).second) notes.push_back(std::move(note));
  };
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (std::string& note : sources[i]->notes()) say(std::move(note));
    if (!evaluates(recipe, i)) continue;
    const std::vector<Problem> heldout = sources[i]->eval(recipe.run.eval.problems);
    for (std::size_t j = 0; j < sources.size(); ++j) {
      const auto trained = [&](const Problem& problem) { return sources[j]->trains_on(problem.question); };
      const auto count = std::count_if(heldout.begin(), heldout.end(), trained);
      if (count == 0) continue;
      say(fmt::format("{} of the {} problems to evaluate stage `{}` on are trained on in stage `{}`; the first: {}", count, heldout.size(), recipe.stages[i].name,
                      recipe.stages[j].name, std::find_if(heldout.begin(), heldout.end(), trained)->id));
    }
  }
  return notes;
}

void report_sources(const Recipe& recipe, const Sources& sources, const fs::path& folder, Observer& observer) {
  for (const std::string& note : source_notes(recipe, sources)) observer.warning(note);
  constexpr std::size_t kShown = 10;
  std::vector<std::string> left_out;
  std::set<std::string> seen;
  for (const auto& source : sources)
    for (std::string& line : source->skipped())
      if (seen.insert(line).second) left_out.push_back(std::move(line));
  if (left_out.empty()) return;
  for (std::size_t i = 0; i < std::min(kShown, left_out.size()); ++i) observer.warning("left out " + left_out[i]);
  const fs::path list = folder / "left-out.txt";
  write_file_durably(list, fmt::format("{}\n", fmt::join(left_out, "\n")));
  if (left_out.size() > kShown) observer.warning(fmt::format("left out {} rows in all: {}", left_out.size(), list.string()));
}

}  // namespace laconic::pipeline
