#include "rollout/engine.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "rollout/batch.h"
#include "rollout/page_pool.h"
#include "rollout/scheduler.h"
#include "rollout/sequence.h"
#include "wire/checks.h"

namespace laconic::rollout {
namespace {

void check_options(const EngineOptions& options) {
  if (options.prefill_tokens < 1) throw Error("prefill_tokens is " + std::to_string(options.prefill_tokens), "rollout", "give at least 1");
  if (options.max_batch < 1) throw Error("max_batch is " + std::to_string(options.max_batch), "rollout", "give at least 1");
}

void check_request(const wire::RolloutLease& r, const model::Config& config, const PagePool& pool) {
  wire::check(r);
  const std::string where = "lease " + to_text(r.ticket);
  const wire::Sampling& s = r.sampling;
  if (s.top_k > kernels::kMaxTopK || (s.top_p < 1 && s.top_k < 1))
    throw Error("top_p = " + std::to_string(s.top_p) + " with top_k = " + std::to_string(s.top_k), where,
                "top_k is at most " + std::to_string(kernels::kMaxTopK) + ", and top_p < 1 needs a top_k");
  for (const std::int32_t id : r.prompt)
    if (id >= config.vocab_size) throw Error("token id " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(config.vocab_size), where);
  const std::int64_t longest = static_cast<std::int64_t>(r.prompt.size()) + s.max_tokens;
  if (longest > config.max_position_embeddings)
    throw Error("a prompt of " + std::to_string(r.prompt.size()) + " tokens with max_tokens = " + std::to_string(s.max_tokens) +
                    " goes beyond the model's " + std::to_string(config.max_position_embeddings) + " positions",
                where, "lower max_tokens, or shorten the prompt");
  // The last token is never fed.
  if (PagePool::pages_for(longest - 1) > pool.total())
    throw Error("a sample of " + std::to_string(longest) + " tokens needs " + std::to_string(PagePool::pages_for(longest - 1)) + " pages, the cache has " +
                    std::to_string(pool.total()),
                where, "raise `rollout.kv_mb`, or lower max_tokens");
}

}  // namespace

struct Engine::Impl {
  Impl(model::ModelPtr m, ThreadTeam& t, EngineOptions o, const Clock& c)
      : model(std::move(m)), team(t), options(o), clock(c), pool(model::config_of(*model), o.kv_bytes),
        scheduler(pool, o.prefill_tokens, o.max_batch) {}

  struct Completion {
    std::uint64_t id;
    trajectory::Group group;
  };
  struct Token {
    std::uint64_t id;
    std::int32_t sample, token;
  };

  void step(std::vector<Token>& tokens, std::vector<Completion>& completions) {
    const std::vector<Feed> feeds = scheduler.plan();
    if (feeds.empty()) return;
    const std::vector<Drawn>& drawn = batch.run(feeds, *model, team, pool.cache());
    ++stats.forwards;
    for (const Feed& feed : feeds)
      if (feed.sequence->is_prompt()) stats.prompt_tokens += feed.count;
    for (const Drawn& d : drawn) {
      Group& group = *d.sequence->group;
      if (group.samples.empty()) create_samples(group);
      absorb(group.samples[static_cast<std::size_t>(d.sample)], d);
      tokens.push_back({group.id, d.sample, d.result.token});
    }
    for (const Feed& feed : feeds)
      if (feed.sequence->is_prompt() && feed.sequence->unfed() == 0) release_samples(*feed.sequence->group);
    for (auto at = groups.begin(); at != groups.end();) {
      if (at->second->unfinished > 0) {
        ++at;
        continue;
      }
      scheduler.remove(at->second->prompt);
      completions.push_back({at->second->id, assemble(*at->second)});
      at = groups.erase(at);
    }
  }

  void create_samples(Group& group) {
    group.samples.resize(static_cast<std::size_t>(group.request.samples));
    for (std::int32_t i = 0; i < group.request.samples; ++i) {
      Sequence& sample = group.samples[static_cast<std::size_t>(i)];
      sample.group = &group;
      sample.age = {group.prompt.age.group, i};
      sample.tokens = group.request.prompt;
      if (group.truncated()) sample.kept.offsets = {0};
    }
  }

  void absorb(Sequence& sample, const Drawn& d) {
    const wire::RolloutLease& request = sample.group->request;
    sample.tokens.push_back(d.result.token);
    sample.logprob.push_back(d.result.logprob);
    sample.entropy.push_back(d.result.entropy);
    if (sample.group->truncated()) {
      sample.kept.ids.insert(sample.kept.ids.end(), d.kept, d.kept + d.result.kept_count);
      sample.kept.offsets.push_back(static_cast<std::int32_t>(sample.kept.ids.size()));
    }
    ++stats.sampled_tokens;
    const bool ended = std::find(request.stop_ids.begin(), request.stop_ids.end(), d.result.token) != request.stop_ids.end();
    if (!ended && static_cast<std::int32_t>(sample.logprob.size()) < request.sampling.max_tokens) return;
    sample.stop = ended ? trajectory::StopReason::kEndToken : trajectory::StopReason::kLength;
    sample.done = true;
    sample.seconds = clock.now() - sample.group->submitted;
    --sample.group->unfinished;
    scheduler.remove(sample);
  }

  // The prompt was fed and every sample has its first token.
  void release_samples(Group& group) {
    scheduler.hold(group.prompt);
    for (Sequence& sample : group.samples)
      if (!sample.done) scheduler.add(sample);
  }

  trajectory::Group assemble(Group& group) {
    trajectory::Group out;
    out.ticket = group.request.ticket;
    out.weight_version = group.request.weight_version;
    out.prompt_expert_ids = std::move(group.prompt.experts);
    for (Sequence& sample : group.samples) {
      trajectory::Trajectory t;
      t.ticket = out.ticket.of_sample(sample.age.sample);
      t.tokens = std::move(sample.tokens);
      t.spans = group.request.spans;
      t.spans.push_back({trajectory::Source::kModel, out.weight_version, static_cast<std::int32_t>(group.prompt_tokens()),
                         static_cast<std::int32_t>(sample.logprob.size())});
      t.logprob = std::move(sample.logprob);
      t.entropy = std::move(sample.entropy);
      t.expert_ids = std::move(sample.experts);
      t.kept = std::move(sample.kept);
      t.stop = sample.stop;
      t.seconds = sample.seconds;
      out.samples.push_back(std::move(t));
    }
    return out;
  }

  void forget(Group& group) {
    for (Sequence& sample : group.samples) scheduler.remove(sample);
    scheduler.remove(group.prompt);
  }

  auto find(std::uint64_t id) {
    return std::find_if(groups.begin(), groups.end(), [&](const auto& entry) { return entry.second->id == id; });
  }

  model::ModelPtr model;
  ThreadTeam& team;
  EngineOptions options;
  const Clock& clock;
  PagePool pool;
  Scheduler scheduler;
  Batch batch;
  std::map<std::int64_t, std::unique_ptr<Group>> groups;  // by order of submission
  std::int64_t submitted = 0;
  EngineStats stats;
};

Engine::Engine(model::ModelPtr model, ThreadTeam& team, EngineOptions options, const Clock& clock) {
  check_options(options);
  impl_ = std::make_unique<Impl>(std::move(model), team, options, clock);
}
Engine::~Engine() = default;

void Engine::submit(std::uint64_t id, wire::RolloutLease request) {
  check_request(request, model::config_of(*impl_->model), impl_->pool);
  if (impl_->find(id) != impl_->groups.end()) throw Error("request " + std::to_string(id) + " is in flight already", "lease " + to_text(request.ticket));
  auto group = std::make_unique<Group>();
  group->id = id;
  group->request = std::move(request);
  group->submitted = impl_->clock.now();
  group->unfinished = group->request.samples;
  group->prompt.group = group.get();
  group->prompt.age = {impl_->submitted, Sequence::kPrompt};
  group->prompt.tokens = group->request.prompt;
  impl_->scheduler.add(group->prompt);
  impl_->groups.emplace(impl_->submitted++, std::move(group));
}

bool Engine::cancel(std::uint64_t id) {
  const auto found = impl_->find(id);
  if (found == impl_->groups.end()) return false;
  impl_->forget(*found->second);
  impl_->groups.erase(found);
  return true;
}

bool Engine::idle() const { return impl_->groups.empty(); }

void Engine::step(const std::function<void(std::uint64_t, trajectory::Group)>& done,
                  const std::function<void(std::uint64_t, std::int32_t, std::int32_t)>& on_token) {
  std::vector<Impl::Token> tokens;
  std::vector<Impl::Completion> completions;
  impl_->step(tokens, completions);
  if (on_token)
    for (const auto& t : tokens) on_token(t.id, t.sample, t.token);
  for (auto& c : completions) done(c.id, std::move(c.group));
}

void Engine::set_model(model::ModelPtr model) {
  if (!idle()) throw Error(std::to_string(impl_->groups.size()) + " groups are in flight", "rollout", "finish them before the weights change");
  const model::Config &now = model::config_of(*impl_->model), &next = model::config_of(*model);
  if (model::kv_bytes(now, 1) != model::kv_bytes(next, 1) || now.layers() != next.layers())
    throw Error("the new weights are of another architecture: " + std::to_string(next.layers()) + " layers and " +
                    std::to_string(model::kv_bytes(next, 1)) + " bytes a page, not " + std::to_string(now.layers()) + " and " +
                    std::to_string(model::kv_bytes(now, 1)),
                "rollout");
  impl_->model = std::move(model);
}

EngineStats Engine::stats() const {
  EngineStats stats = impl_->stats;
  stats.preemptions = impl_->scheduler.preemptions();
  stats.pages_total = impl_->pool.total();
  stats.pages_used = impl_->pool.used();
  stats.pages_peak = impl_->pool.peak();
  return stats;
}

}  // namespace laconic::rollout
