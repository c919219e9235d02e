// The sampling engine: groups in, completions out, by continuous batching over the paged latent
// cache. What a sample contains depends only on (weights, prompt, key, draw, sample index, sampling
// options): never on what else is running, on preemption, or on the number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

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

class Engine {
 public:
  // Throws Error when the budget cannot hold a single sequence of max_position_embeddings or of the
  // longest request (said at submit).
  Engine(model::ModelPtr model, ThreadTeam& team, EngineOptions options);
  ~Engine();

  // Queues a group. Throws Error for an empty prompt, ids outside the vocabulary, prompt + max_tokens
  // beyond the model's positions, or a request that the page pool can never hold.
  void submit(std::uint64_t id, wire::RolloutLease request);
  bool cancel(std::uint64_t id);
  bool idle() const;

  // One forward pass; calls `done(id, group)` for each group completed by it. `on_token` (optional)
  // sees (id, sample, token) as they come, for streaming.
  void step(const std::function<void(std::uint64_t, trajectory::Group)>& done,
            const std::function<void(std::uint64_t, std::int32_t, std::int32_t)>& on_token = {});

  // Swaps weights; the engine must be idle.
  void set_model(model::ModelPtr model);
  EngineStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace laconic::rollout
