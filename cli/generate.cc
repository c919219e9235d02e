// laconic generate: a chain of thought from any checkpoint, as it is sampled.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "cli/token_stream.h"
#include "model/card.h"
#include "model/chat.h"

namespace laconic::cli {
namespace {

struct GenerateOptions {
  std::string model, prompt, chat = "deepseek-r1", system, runs = "runs";
  double temperature = 0.6, top_p = 1.0;
  int top_k = 0, max_tokens = 512, samples = 1, threads = 0;
  std::int64_t seed = 0;
  bool json = false;
};

wire::RolloutLease lease_of(const GenerateOptions& o, const model::Config& config, const model::RenderedPrompt& prompt) {
  wire::RolloutLease lease;
  lease.ticket.kind = WorkKind::kEval;
  lease.philox_key = philox_key(static_cast<std::uint64_t>(o.seed), lease.ticket);
  lease.samples = o.samples;
  lease.sampling = {.temperature = o.temperature, .top_p = o.top_p, .top_k = o.top_k, .max_tokens = o.max_tokens};
  lease.prompt = prompt.tokens;
  for (const model::PromptPiece& piece : prompt.pieces)
    lease.spans.push_back({piece.user ? trajectory::Source::kUser : trajectory::Source::kTemplate, -1, piece.start, piece.length});
  lease.stop_ids = config.eos_token_ids;
  return lease;
}

// The rest of what the positions leave, when the wish is more than that.
int room_for(const GenerateOptions& o, const model::Config& config, std::size_t prompt_tokens) {
  const std::int64_t room = config.max_position_embeddings - static_cast<std::int64_t>(prompt_tokens);
  if (room <= 0)
    throw Error(fmt::format("a prompt of {} tokens leaves no room in the model's {} positions", prompt_tokens, config.max_position_embeddings));
  return static_cast<int>(std::min<std::int64_t>(o.max_tokens, room));
}

int generate(GenerateOptions o) {
  if (o.prompt.empty() && !is_terminal(STDIN_FILENO)) o.prompt = {std::istreambuf_iterator<char>(std::cin), {}};
  if (o.prompt.empty()) throw UsageError("`laconic generate` needs a PROMPT", "command line", "give it as a word, or on stdin");
  const model::ChatTemplate chat = as_usage([&] { return model::chat_template_named(o.chat); });
  if (o.top_p < 1 && o.top_k == 0) throw UsageError("`--top-p` needs `--top-k`", "command line", "add --top-k 50, say");
  const fs::path folder = model_folder(o.runs, o.model);
  const model::ModelCard card = as_usage([&] { return model::read_card(folder); });
  const model::Config& config = card.config;
  const model::Tokenizer tokenizer = model::Tokenizer::parse(card.tokenizer_json, folder.string());
  const model::RenderedPrompt prompt = model::render_prompt(tokenizer, chat, config, o.prompt, o.system);
  o.max_tokens = room_for(o, config, prompt.tokens.size());

  Sampler sampler = load_sampler(folder, o.threads);
  const double begun = Clock::system().now();
  sampler.engine->submit(0, lease_of(o, config, prompt));
  const bool stream = !o.json && o.samples == 1, terminal = is_terminal(STDOUT_FILENO);
  const auto show = [&](const std::string& text) {
    const std::string shown = terminal ? printable(text) : text;
    std::fwrite(shown.data(), 1, shown.size(), stdout);
    std::fflush(stdout);
  };
  TokenStream text(tokenizer);
  trajectory::Group group;
  while (!sampler.engine->idle())
    sampler.engine->step([&](std::uint64_t, trajectory::Group done) { group = std::move(done); },
                         [&](std::uint64_t, std::int32_t, std::int32_t token) {
                           // The end token ends the text; it is not part of it.
                           const bool end = std::find(config.eos_token_ids.begin(), config.eos_token_ids.end(), token) != config.eos_token_ids.end();
                           if (stream && !end) show(text.add(token));
                         });
  const double seconds = Clock::system().now() - begun;

  std::int64_t tokens = 0;
  Json samples = Json::array();
  for (const trajectory::Trajectory& sample : group.samples) {
    tokens += sample.response_length();
    const bool cut = sample.stop == trajectory::StopReason::kLength;
    const auto shown = static_cast<std::size_t>(sample.response_length() - (cut ? 0 : 1));  // without the end token
    const std::string response = tokenizer.decode_text(std::span(sample.tokens).subspan(static_cast<std::size_t>(sample.prompt_length()), shown));
    if (o.json)
      samples.push_back({{"text", response}, {"stop", cut ? "length" : "end"}, {"response_tokens", sample.response_length()},
                         {"tokens", sample.tokens}, {"logprob", sample.logprob}});
    else if (!stream) {
      fmt::print("── sample {} ── {} tokens{}\n", sample.ticket.sample, sample.response_length(), cut ? ", cut at the limit" : "");
      show(response + "\n");
    }
  }
  if (o.json)
    print_json({{"model", folder.string()}, {"prompt", o.prompt}, {"prompt_tokens", prompt.tokens.size()}, {"seed", o.seed}, {"seconds", seconds},
                {"samples", samples}});
  else if (stream)
    show(text.finish() + "\n");
  const bool cut = stream && !group.samples.empty() && group.samples[0].stop == trajectory::StopReason::kLength;
  fmt::print(stderr, "{} tokens in {}, {:.1f} tokens/s{}\n", tokens, human_seconds(seconds), static_cast<double>(tokens) / std::max(seconds, 1e-9),
             cut ? "; cut at the limit, --max-tokens raises it" : "");
  return kExitOk;
}

}  // namespace

void add_generate(Command& root) {
  auto o = std::make_shared<GenerateOptions>();
  Command& c = root.sub("generate", "stream a chain of thought from a checkpoint", "train and measure");
  c.argument("MODEL", o->model, "a checkpoint folder, the name of a run (its newest checkpoint), or `latest`");
  c.optional_argument("PROMPT", o->prompt, "what to ask; read from stdin when it is left out");
  c.option("--temperature", o->temperature, "T", "softmax temperature; 0 takes the likeliest token", {0, 10});
  c.option("--top-p", o->top_p, "P", "sample from the likeliest tokens that hold this much probability; needs --top-k", {1e-6, 1});
  c.option("--top-k", o->top_k, "K", "sample from the K likeliest tokens; 0 is no limit", {0, 1024});
  c.option("--max-tokens", o->max_tokens, "N", "most tokens sampled", {1, 1e9});
  c.option("--samples", o->samples, "N", "answers to sample", {1, 65536});
  c.option("--seed", o->seed, "N", "the same seed gives the same text");
  c.option("--chat", o->chat, "NAME", "template around the prompt: `deepseek-r1` or `plain`");
  c.option("--system", o->system, "TEXT", "system text before the prompt");
  c.option("--threads", o->threads, "N", "threads; 0 is all cores; the text does not depend on it", {0, 4096});
  c.option("--runs", o->runs, "DIR", "where runs are kept");
  c.flag("--json", o->json, "print JSON, with token ids and log-probs");
  c.example("laconic generate latest \"57+68=\"");
  c.example("laconic generate runs/arithmetic-1/checkpoints/rl-000040 \"57+68=\" --temperature 0");
  c.action([o] { return generate(*o); });
}

}  // namespace laconic::cli
