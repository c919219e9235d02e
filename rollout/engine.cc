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
  if (s.top_k > kernels::kMaxTopK)
    throw Error("top_k is " + std::to_string(s.top_k), where, "it is at most " + std::to_string(kernels::kMaxTopK));
  for (const auto* ids : {&r.prompt, &r.think.forced})
    for (const std::int32_t id : *ids)
      if (id >= config.vocab_size) throw Error("token id " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(config.vocab_size), where);
  const std::int64_t forced = r.think.limits() ? static_cast<std::int64_t>(r.think.forced.size()) : 0;
  const std::int64_t longest = static_cast<std::int64_t>(r.prompt.size()) + s.max_tokens + forced;
  if (longest > config.max_position_embeddings)
    throw Error("a prompt of " + std::to_string(r.prompt.size()) + " tokens with max_tokens = " + std::to_string(s.max_tokens) +
                    (forced ? " and " + std::to_string(forced) + " forced ones" : "") + " goes beyond the model's " + std::to_string(config.max_position_embeddings) + " positions",
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

  void step(std::vector<StreamedToken>& tokens) {
    const std::vector<Feed> feeds = scheduler.plan();
    if (feeds.empty()) return;
    const std::vector<Drawn>& drawn = batch.run(feeds, *model, team, pool.cache());
    ++stats.forwards;
    for (const Feed& feed : feeds)
      if (feed.sequence->is_prompt()) stats.prompt_tokens += feed.count;
    for (const Drawn& d : drawn) {
      Group& group = *d.sequence->group;
      if (group.samples.empty()) create_samples(group);
      absorb(group.samples[static_cast<std::size_t>(d.sample)], d, tokens);
    }
    for (const Feed& feed : feeds)
      if (feed.sequence->is_prompt() && feed.sequence->unfed() == 0) release_samples(*feed.sequence->group);
  }

  void collect(std::vector<Completion>& completions) {
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
      sample.tokens = group.prompt.tokens;
      const std::int64_t asked = static_cast<std::int64_t>(group.request.prompt.size());
      if (group.prompt_tokens() > asked) sample.inserted.push_back(inserted_span(asked, group.prompt_tokens() - asked));
      else sample.think = ThinkWatch(group.request.think);
      if (group.truncated()) sample.kept.offsets = {0};
    }
  }

  static trajectory::Span inserted_span(std::int64_t start, std::int64_t length) {
    return {trajectory::Source::kEnvironment, -1, static_cast<std::int32_t>(start), static_cast<std::int32_t>(length)};
  }

  void absorb(Sequence& sample, const Drawn& d, std::vector<StreamedToken>& stream) {
    const wire::RolloutLease& request = sample.group->request;
    const auto tell = [&](std::int32_t token, bool forced) { stream.push_back({sample.group->id, sample.age.sample, token, forced}); };
    if (sample.logprob.empty())
      for (std::size_t i = request.prompt.size(); i < sample.tokens.size(); ++i) tell(sample.tokens[i], true);
    tell(d.result.token, false);
    sample.tokens.push_back(d.result.token);
    sample.logprob.push_back(d.result.logprob);
    sample.entropy.push_back(d.result.entropy);
    if (sample.group->truncated()) {
      sample.kept.ids.insert(sample.kept.ids.end(), d.kept, d.kept + d.result.kept_count);
      sample.kept.offsets.push_back(static_cast<std::int32_t>(sample.kept.ids.size()));
    }
    ++stats.sampled_tokens;
    const bool ended = std::find(request.stop_ids.begin(), request.stop_ids.end(), d.result.token) != request.stop_ids.end();
    if (ended || static_cast<std::int32_t>(sample.logprob.size()) >= request.sampling.max_tokens)
      return end(sample, ended ? trajectory::StopReason::kEndToken : trajectory::StopReason::kLength);
    if (!sample.think.add(d.result.token)) return;
    const std::vector<std::int32_t>& forced = request.think.forced;
    sample.inserted.push_back(inserted_span(static_cast<std::int64_t>(sample.tokens.size()), static_cast<std::int64_t>(forced.size())));
    sample.tokens.insert(sample.tokens.end(), forced.begin(), forced.end());
    for (const std::int32_t token : forced) tell(token, true);
  }

  void end(Sequence& sample, trajectory::StopReason stop) {
    sample.stop = stop;
    sample.done = true;
    sample.seconds = clock.now() - sample.group->submitted;
    --sample.group->unfinished;
    scheduler.remove(sample);
  }

  bool finish(Group& group, std::int32_t index) {
    if (index < 0 || static_cast<std::size_t>(index) >= group.samples.size()) return false;
    Sequence& sample = group.samples[static_cast<std::size_t>(index)];
    if (sample.done) return false;
    // What was put in after the last token of the model's was not fed yet, and never will be.
    const std::int64_t size = static_cast<std::int64_t>(sample.tokens.size());
    if (!sample.inserted.empty() && sample.inserted.back().start + sample.inserted.back().length == size) {
      sample.tokens.resize(static_cast<std::size_t>(sample.inserted.back().start));
      sample.inserted.pop_back();
    }
    end(sample, trajectory::StopReason::kEndToken);
    return true;
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
    // What was forced before the first draw was fed with the prompt, but belongs to the response.
    const auto asked = group.prompt.experts.begin() +
                       static_cast<std::ptrdiff_t>(group.prompt.experts.size() / group.prompt.tokens.size() * group.request.prompt.size());
    const std::vector<std::uint16_t> forced_experts(asked, group.prompt.experts.end());
    out.prompt_expert_ids.assign(group.prompt.experts.begin(), asked);
    for (Sequence& sample : group.samples) {
      trajectory::Trajectory t;
      t.ticket = out.ticket.of_sample(sample.age.sample);
      t.tokens = std::move(sample.tokens);
      t.spans = spans_of(group, sample, static_cast<std::int32_t>(t.tokens.size()));
      t.logprob = std::move(sample.logprob);
      t.entropy = std::move(sample.entropy);
      t.expert_ids = forced_experts;
      t.expert_ids.insert(t.expert_ids.end(), sample.experts.begin(), sample.experts.end());
      t.kept = std::move(sample.kept);
      t.stop = sample.stop;
      t.seconds = sample.seconds;
      out.samples.push_back(std::move(t));
    }
    return out;
  }

  // The prompt's, then the model's with what was put in between.
  static std::vector<trajectory::Span> spans_of(const Group& group, const Sequence& sample, std::int32_t tokens) {
    std::vector<trajectory::Span> spans = group.request.spans;
    auto at = static_cast<std::int32_t>(group.request.prompt.size());
    const auto written_until = [&](std::int32_t end) {
      if (end > at) spans.push_back({trajectory::Source::kModel, group.request.weight_version, at, end - at});
    };
    for (const trajectory::Span& inserted : sample.inserted) {
      written_until(inserted.start);
      spans.push_back(inserted);
      at = inserted.start + inserted.length;
    }
    written_until(tokens);
    return spans;
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
  const wire::ThinkBudget& think = group->request.think;
  if (ThinkWatch::spent_at_once(think)) group->prompt.tokens.insert(group->prompt.tokens.end(), think.forced.begin(), think.forced.end());
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

bool Engine::finish(std::uint64_t id, std::int32_t sample) {
  const auto found = impl_->find(id);
  return found != impl_->groups.end() && impl_->finish(*found->second, sample);
}

bool Engine::idle() const { return impl_->groups.empty(); }

void Engine::step(const std::function<void(std::uint64_t, trajectory::Group)>& done, const std::function<void(const StreamedToken&)>& on_token) {
  std::vector<StreamedToken> tokens;
  impl_->step(tokens);
  if (on_token)
    for (const StreamedToken& token : tokens) on_token(token);
  std::vector<Impl::Completion> completions;
  impl_->collect(completions);
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
