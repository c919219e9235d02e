// The sampling engine: groups in, completions out, by continuous batching over the paged latent
// cache. What a sample contains depends only on (weights, prompt, key, draw, sample index, sampling
// options): never on what else is running, on preemption, or on the number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/thread_team.h"
#include "model/forward.h"
#include "trajectory/record.h"
#include "wire/protocol.h"

namespace laconic::rollout {

struct EngineOptions {
  std::int64_t kv_bytes = 256 << 20;   // budget of the page pool
  std::int32_t prefill_tokens = 512;   // most prompt tokens fed in one forward pass
  std::int32_t max_batch = 512;        // most sequences decoded in one forward pass
};

struct EngineStats {
  std::int64_t prompt_tokens = 0, sampled_tokens = 0, forwards = 0, preemptions = 0;
  std::int64_t pages_total = 0, pages_used = 0, pages_peak = 0;
};

// A token that a sample went on with, for streaming.
struct StreamedToken {
  std::uint64_t id = 0;  // of the request
  std::int32_t sample = 0, token = 0;
  bool forced = false;   // not the model's: put in at the end of its think budget
};

class Engine {
 public:
  // Throws Error for an option below 1 or a budget without room for a single page. Whether a request
  // fits is said at submit.
  Engine(model::ModelPtr model, ThreadTeam& team, EngineOptions options, const Clock& clock = Clock::system());
  ~Engine();

  // Queues a group. Throws Error for a request that wire::check refuses (an empty prompt, spans that
  // do not cover it, …), a top_k beyond kMaxTopK,
  // ids outside the vocabulary, prompt + max_tokens + forced tokens beyond the model's positions, an id in use, or a
  // sample that the page pool can never hold.
  //
  // The draw of a token has Philox key `philox_key` and counter (ticket's draw, sample index,
  // absolute position of the sampled token: the first is at the prompt's length).
  void submit(std::uint64_t id, wire::RolloutLease request);
  bool cancel(std::uint64_t id);
  // Ends one sample where it stands, as if its last token were an end token (a stop text was found,
  // say). False when it is not being sampled.
  bool finish(std::uint64_t id, std::int32_t sample);
  bool idle() const;

  // One forward pass; calls `on_token` (optional) for each token that it gave, then `done(id, group)`
  // for each group that is complete. Both are called after the pass: they may submit, cancel and
  // finish. Throws Error when the weights give no finite probability; the engine is then of no
  // further use.
  void step(const std::function<void(std::uint64_t, trajectory::Group)>& done, const std::function<void(const StreamedToken&)>& on_token = {});

  // Swaps weights; throws Error when groups are in flight or the architecture differs.
  void set_model(model::ModelPtr model);
  EngineStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace laconic::rollout
