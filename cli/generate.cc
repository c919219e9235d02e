// laconic generate: a chain of thought from any checkpoint, as it is sampled.
#include <algorithm>
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
#include "cli/messages.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "cli/sampling_options.h"
#include "cli/stop_text.h"
#include "cli/terminal.h"
#include "cli/token_stream.h"
#include "model/card.h"
#include "model/chat/chat.h"
#include "pipeline/train.h"

namespace laconic::cli {
namespace {

struct GenerateOptions {
  std::string model, prompt, messages, chat = "auto", system, runs = "runs";
  std::vector<std::string> stops;
  std::optional<std::string> think_budget;
  SamplingOptions sampling;
  double temperature = 0.6;
  int max_tokens = 512, samples = 1, threads = 0;
  std::int64_t seed = 0;
  bool json = false;
};

std::vector<model::ChatMessage> conversation(GenerateOptions& o) {
  std::vector<model::ChatMessage> messages;
  if (!o.system.empty()) messages.push_back({model::ChatRole::kSystem, o.system});
  if (!o.messages.empty()) {
    if (!o.prompt.empty() || !o.system.empty()) throw UsageError("`--messages` is the whole conversation", "command line", "leave PROMPT and --system out");
    return as_usage([&] { return read_messages(o.messages); });
  }
  if (o.prompt.empty() && !is_terminal(STDIN_FILENO)) o.prompt = {std::istreambuf_iterator<char>(std::cin), {}};
  if (o.prompt.empty()) throw UsageError("`laconic generate` needs a PROMPT", "command line", "give it as a word, on stdin, or as --messages FILE");
  messages.push_back({model::ChatRole::kUser, o.prompt});
  return messages;
}

wire::RolloutLease lease_of(const GenerateOptions& o, const model::Config& config, const model::RenderedPrompt& prompt) {
  wire::RolloutLease lease;
  lease.ticket.kind = WorkKind::kEval;
  lease.philox_key = philox_key(static_cast<std::uint64_t>(o.seed), lease.ticket);
  lease.samples = o.samples;
  lease.sampling = sampling_of(o.sampling, o.temperature, o.max_tokens);
  lease.prompt = prompt.tokens;
  for (const model::PromptPiece& piece : prompt.pieces)
    lease.spans.push_back({piece.user ? trajectory::Source::kUser : trajectory::Source::kTemplate, -1, piece.start, piece.length});
  lease.stop_ids = config.eos_token_ids;
  return lease;
}

// The rest of what the positions leave, when the wish is more than that.
int room_for(const GenerateOptions& o, const model::Config& config, std::size_t taken) {
  const std::int64_t room = config.max_position_embeddings - static_cast<std::int64_t>(taken);
  if (room <= 0) throw UsageError(fmt::format("a prompt of {} tokens leaves no room in the model's {} positions", taken, config.max_position_embeddings), "command line");
  return static_cast<int>(std::min<std::int64_t>(o.max_tokens, room));
}

// One sample as it grows: its tokens made text, up to a stop text.
struct Growing {
  Growing(const model::Tokenizer& tokenizer, const std::vector<std::string>& stops) : stream(tokenizer), stop(stops) {}

  // What can be shown now.
  std::string add(std::int32_t token) { return keep(stop.add(stream.add(token))); }
  std::string finish() {
    std::string rest = keep(stop.add(stream.finish()));
    return rest + keep(stop.finish());
  }
  std::string keep(std::string more) {
    text += more;
    return more;
  }

  TokenStream stream;
  StopText stop;
  std::string text;
};

// Terminals are protected from what models write; files and pipes get the very text.
void show(const std::string& text) {
  const std::string shown = is_terminal(STDOUT_FILENO) ? printable(text) : text;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fflush(stdout);
}

class Generation {
 public:
  Generation(const GenerateOptions& o, const model::Config& config, const model::Tokenizer& tokenizer, rollout::Engine& engine)
      : options_(o), config_(config), engine_(engine), streams_(!o.json && o.samples == 1),
        samples_(static_cast<std::size_t>(o.samples), Growing(tokenizer, o.stops)) {}

  void run(wire::RolloutLease lease) {
    const std::atomic<int>& interrupts = pipeline::count_interrupts();
    const int before = interrupts;
    const double begun = Clock::system().now();
    engine_.submit(0, std::move(lease));
    while (!engine_.idle()) {
      if (interrupts > before && !interrupted_) {
        interrupted_ = true;
        int going = 0;
        for (int i = 0; i < options_.samples; ++i) going += engine_.finish(0, i);
        if (going == 0) engine_.cancel(0);  // the prompt is not even read
      }
      engine_.step([&](std::uint64_t, trajectory::Group done) { group_ = std::move(done); },
                   [&](const rollout::StreamedToken& t) { receive(t, Clock::system().now() - begun); });
    }
    seconds_ = Clock::system().now() - begun;
    for (Growing& sample : samples_)
      if (const std::string rest = sample.finish(); streams_) show(rest + "\n");
  }

  Json samples_json() const {
    Json list = Json::array();
    for (const trajectory::Trajectory& sample : group_.samples) {
      const Growing& grown = samples_[static_cast<std::size_t>(sample.ticket.sample)];
      list.push_back({{"text", grown.text}, {"stop", stop_of(sample, grown)}, {"stop_text", grown.stop.stopped() ? Json(grown.stop.found()) : Json()},
                      {"response_tokens", sample.response_length()}, {"forced_tokens", sample.forced_length()}, {"tokens", sample.tokens},
                      {"logprob", sample.logprob}});
    }
    return list;
  }

  void print_samples() const {
    if (streams_) return;
    for (const trajectory::Trajectory& sample : group_.samples) {
      const Growing& grown = samples_[static_cast<std::size_t>(sample.ticket.sample)];
      fmt::print("── sample {} ── {} tokens{}\n", sample.ticket.sample, sample.response_length(),
                 stop_of(sample, grown) == "length" ? ", cut at the limit" : sample.forced_length() > 0 ? ", thinking ended by the budget" : "");
      show(grown.text + "\n");
    }
  }

  // What it cost, and what the reader should know of how it ended.
  std::string cost(std::size_t prompt_tokens) const {
    std::int64_t tokens = 0, forced = 0, cut = 0;
    for (const trajectory::Trajectory& sample : group_.samples) {
      tokens += sample.response_length();
      forced += sample.forced_length() > 0;
      cut += stop_of(sample, samples_[static_cast<std::size_t>(sample.ticket.sample)]) == "length";
    }
    const double decoding = seconds_ - first_token_;
    std::string text = fmt::format("prompt {} token{} in {}; {} token{} in {}", prompt_tokens, prompt_tokens == 1 ? "" : "s", human_seconds(first_token_),
                                   tokens, tokens == 1 ? "" : "s", human_seconds(decoding));
    // The first token of each sample came with the prompt.
    if (const auto decoded = static_cast<double>(tokens - static_cast<std::int64_t>(group_.samples.size())); decoded > 0 && decoding > 0)
      text += fmt::format(", {:.1f} tokens/s", decoded / decoding);
    const auto of_samples = [&](std::int64_t n) { return options_.samples > 1 ? fmt::format(" in {} of {} samples", n, options_.samples) : std::string(); };
    if (forced > 0) text += "; thinking ended by the budget" + of_samples(forced);
    if (cut > 0) text += "; cut at the limit" + of_samples(cut) + ", --max-tokens raises it";
    return text + (interrupted_ ? "; interrupted" : "");
  }

  bool interrupted() const { return interrupted_; }
  double seconds() const { return seconds_; }

 private:
  void receive(const rollout::StreamedToken& t, double now) {
    if (first_token_ == 0) first_token_ = now;
    Growing& sample = samples_[static_cast<std::size_t>(t.sample)];
    // The end token ends the text; it is not part of it.
    if (std::find(config_.eos_token_ids.begin(), config_.eos_token_ids.end(), t.token) != config_.eos_token_ids.end() || sample.stop.stopped()) return;
    const std::string text = sample.add(t.token);
    if (streams_) show(text);
    if (sample.stop.stopped()) engine_.finish(0, t.sample);
  }

  std::string stop_of(const trajectory::Trajectory& sample, const Growing& grown) const {
    if (grown.stop.stopped()) return "text";
    if (sample.stop == trajectory::StopReason::kLength) return "length";
    const auto& ends = config_.eos_token_ids;
    return interrupted_ && std::find(ends.begin(), ends.end(), sample.tokens.back()) == ends.end() ? "interrupted" : "end";
  }

  const GenerateOptions& options_;
  const model::Config& config_;
  rollout::Engine& engine_;
  bool streams_, interrupted_ = false;
  double first_token_ = 0, seconds_ = 0;
  std::vector<Growing> samples_;
  trajectory::Group group_;
};

int generate(GenerateOptions o) {
  if (std::find(o.stops.begin(), o.stops.end(), "") != o.stops.end()) throw UsageError("`--stop` is empty", "command line", "leave it out");
  const std::vector<model::ChatMessage> messages = conversation(o);
  const fs::path folder = model_folder(o.runs, o.model);
  const model::ModelCard card = as_usage([&] { return model::read_card(folder); });
  const model::Config& config = card.config;
  const model::Tokenizer tokenizer = model::Tokenizer::parse(card.tokenizer_json, folder.string());
  const model::ChatTemplate chat = as_usage([&] { return model::ChatTemplate::choose(card, o.chat); });
  const model::RenderedPrompt prompt = as_usage([&] { return chat.render(tokenizer, config, messages, {.thinking = !o.sampling.no_think}); });
  const wire::ThinkBudget budget = think_budget(o.think_budget ? think_budget_from(*o.think_budget) : std::nullopt, o.sampling, chat, tokenizer);
  const std::size_t taken = prompt.tokens.size() + budget.forced.size();
  o.max_tokens = room_for(o, config, taken);
  wire::RolloutLease lease = lease_of(o, config, prompt);
  lease.think = budget;

  Sampler sampler = load_sampler(folder, o.threads, {.samples = o.samples, .tokens = static_cast<std::int64_t>(taken) + o.max_tokens});
  Generation generation(o, config, tokenizer, *sampler.engine);
  generation.run(std::move(lease));
  if (o.json)
    print_json({{"model", folder.string()}, {"chat", chat.name()}, {"prompt", o.messages.empty() ? Json(o.prompt) : Json()},
                {"prompt_text", tokenizer.decode_text(prompt.tokens)}, {"prompt_tokens", prompt.tokens.size()}, {"seed", o.seed},
                {"seconds", generation.seconds()}, {"samples", generation.samples_json()}});
  else
    generation.print_samples();
  fmt::print(stderr, "{}\n", generation.cost(prompt.tokens.size()));
  return generation.interrupted() ? kExitInterrupted : kExitOk;
}

}  // namespace

void add_generate(Command& root) {
  auto o = std::make_shared<GenerateOptions>();
  Command& c = root.sub("generate", "stream a chain of thought from a checkpoint", "train and measure");
  c.argument("MODEL", o->model, "a checkpoint folder, a GGUF file, the name of a run (its newest checkpoint), or `latest`");
  c.optional_argument("PROMPT", o->prompt, "what to ask; read from stdin when it is left out");
  c.option("--temperature", o->temperature, "T", "softmax temperature; 0 takes the likeliest token", {0, 10});
  declare(c, o->sampling);
  c.option("--think-budget", o->think_budget, "N", "end the thinking by force after N tokens of it, and go on with the answer");
  c.option("--max-tokens", o->max_tokens, "N", "most tokens sampled, thinking and answer together", {1, 1e9});
  c.option("--stop", o->stops, "TEXT", "end the answer before this text");
  c.option("--samples", o->samples, "N", "answers to sample", {1, 65536});
  c.option("--seed", o->seed, "N", "the same seed gives the same text");
  c.option("--chat", o->chat, "NAME", "template around the prompt; `auto` is the checkpoint's own");
  c.option("--system", o->system, "TEXT", "system text before the prompt");
  c.option("--messages", o->messages, "FILE", "a conversation: a JSON list of {\"role\", \"content\"}; the last is the user's");
  c.option("--threads", o->threads, "N", "threads; 0 is all cores; the text does not depend on it", {0, 4096});
  c.option("--runs", o->runs, "DIR", "where runs are kept");
  c.flag("--json", o->json, "print JSON, with token ids and log-probs");
  c.example("laconic generate latest \"57+68=\"");
  c.example("laconic generate runs/arithmetic-1/checkpoints/rl-000040 \"57+68=\" --temperature 0");
  c.example("laconic generate ~/models/Qwen3-0.6B \"How many primes are below 50?\" --top-p 0.95 --think-budget 256");
  c.action([o] { return generate(*o); });
}

}  // namespace laconic::cli
