#include "learner/learner.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "learner/balance.h"
#include "model/weights/safetensors.h"

namespace laconic::learner {
namespace {

// Large tensors come and go every block: keep their pages instead of returning them to the kernel.
void keep_freed_pages() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

class Stopwatch {
 public:
  explicit Stopwatch(double& total) : total_(total), start_(Clock::system().now()) {}
  ~Stopwatch() { total_ += Clock::system().now() - start_; }

 private:
  double& total_;
  double start_;
};

// Sequence i of n is taken when the running share passes a whole number: evenly spread, exact count.
bool in_share(std::int64_t i, double share) { return std::floor(static_cast<double>(i + 1) * share) > std::floor(static_cast<double>(i) * share); }

}  // namespace

// What a step collects while it runs.
struct Learner::Tally {
  const BatchIndex index;
  ExpertLoad load;                 // of the first epoch: every row once
  LossSums sums, first;            // all updates; the first update alone
  double kl = 0, kl_tokens = 0, auxiliary = 0;
  double grad_norm = 0, lr = 0;
  std::int64_t updates = 0, rows = 0;
  bool first_epoch = true;
  double value_time = 0, backward_time = 0, optimizer_time = 0, pack_time = 0;
  const std::function<void()>& pulse;
};

Learner::Learner(LearnerState state, int threads)
    : state_((keep_freed_pages(), std::move(state))), team_(threads), scorer_(state_.config, team_), weights_(static_cast<std::size_t>(state_.layout.size())) {
  load_published();
  if (state_.stage >= 0) {
    options_ = parse_stage_options(state_.start.options_json);
    begin_training();
  }
  if (state_.has_reference && state_.start.kind == StageKind::kRl) reference_ = model::pack_model(state_.config, state_.reference.tensors(state_.config, state_.layout));
}

Learner::~Learner() = default;

// Published weights → kernels and gradient leaves.
void Learner::load_published() {
  team_.run([&](const Ctx& ctx) {
    const auto [begin, end] = ctx.share(state_.layout.size(), 16);
    for (std::int64_t i = begin; i < end; ++i) weights_[i] = to_float(state_.published.parameters[i]);
  });
  model_ = model::pack_model(state_.config, state_.published.tensors(state_.config, state_.layout));
}

// Room for the gradient of what is trained now.
void Learner::begin_training() {
  gradient_.reset();
  gradients_ = std::vector<float>(static_cast<std::size_t>(state_.trained().size()));
  if (state_.adapters) gradient_.emplace(state_.config, state_.layout, team_, weights_, *state_.adapters, state_.masters, gradients_);
  else gradient_.emplace(state_.config, state_.layout, team_, weights_, gradients_);
}

std::string Learner::weights_bytes() const { return model::safetensors_bytes(state_.published.tensors(state_.config, state_.layout)); }

void Learner::start_stage(const StageStart& start) {
  StageOptions options = parse_stage_options(start.options_json);
  aggregation_named(options.loss.aggregation);
  if (start.total_steps < 1) throw Error(fmt::format("stage {} has {} steps", start.stage, start.total_steps), "task 'stage'");
  const bool resumed = start.stage == state_.stage && start.kind == state_.start.kind;
  std::optional<AdapterLayout> adapters;
  if (options.lora.rank > 0) adapters.emplace(state_.config, state_.layout, options.lora, "task 'stage'");
  if (resumed && (adapters.has_value() != state_.adapters.has_value() || (adapters && adapters->options() != state_.adapters->options())))
    throw Error("the stage's `lora` keys are not those that its checkpoint was trained with", fmt::format("stage {}", start.stage),
                "change them at a stage's start: add a stage, or start a run from the exported weights");
  options_ = options;
  state_.start = start;
  state_.stage = start.stage;
  if (resumed) return;
  state_.steps_done = 0;
  state_.last_step = -1;
  const bool was_adapted = state_.adapters.has_value();
  gradient_.reset();  // it looks at what changes now
  gradients_ = {};
  state_.adapters = std::move(adapters);
  state_.has_reference = start.kind == StageKind::kRl || state_.adapters;
  state_.reference = state_.has_reference ? state_.published : PublishedWeights{};
  state_.reference_file.reset();
  reference_ = start.kind == StageKind::kRl ? model_ : nullptr;
  if (state_.adapters) state_.masters = initial_adapters(*state_.adapters, start.seed, start.stage);
  else if (was_adapted || state_.masters.empty()) state_.masters = weights_;
  if (start.reset_optimizer || was_adapted || state_.adapters || state_.adam.exp_avg.empty()) state_.adam.reset(state_.trained().size());
  begin_training();
  malloc_trim(0);  // the masters of a frozen model are large
}

void Learner::check_order(const trajectory::Batch& batch) const {
  const std::string where = fmt::format("batch of stage {} step {}", batch.stage, batch.step);
  if (batch.stage != state_.stage) throw Error(fmt::format("the learner is in stage {}, the batch is of stage {}", state_.stage, batch.stage), where);
  if ((batch.objective == "grpo") != (state_.start.kind == StageKind::kRl))
    throw Error(fmt::format("a batch of objective '{}' does not belong to a stage of type '{}'", batch.objective, name_of(state_.start.kind)), where);
  if (state_.last_step >= 0 && batch.step != state_.last_step + 1)
    throw Error(fmt::format("batch of step {} came after step {}", batch.step, state_.last_step), where, "replay the stored batches in order");
}

std::vector<float> Learner::reference_logp(const MicroBatch& micro) {
  // The reference routes by its own gate: it is one fixed function, whatever the policy selects.
  return scorer_.score(*reference_, micro, /*forced=*/false, /*keep_inputs=*/false).logp;
}

// The expert load of an update's rows before its first gradient: from the recorded routing, or by one
// more pass over the parts.
ExpertLoad Learner::load_ahead(const trajectory::Batch& batch, const std::vector<std::vector<std::int32_t>>& parts, const Tally& tally) {
  const std::int64_t top_k = state_.config.num_experts_per_tok, slots = state_.config.moe_layers() * top_k;
  ExpertLoad load(state_.config.moe_layers(), state_.config.n_routed_experts);
  for (const auto& part : parts) {
    if (batch.expert_ids.empty()) {
      if (tally.pulse) tally.pulse();
      const MicroBatch micro = pack(batch, tally.index, part, state_.config);
      load.add(scorer_.score(*model_, micro, /*forced=*/true, /*keep_inputs=*/false).expert_ids, top_k);
      continue;
    }
    for (const std::int32_t s : part) {
      const std::int64_t first = tally.index.row_starts[s] * slots, end = tally.index.row_starts[s + 1] * slots;
      load.add(std::span(batch.expert_ids).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first)), top_k);
    }
  }
  return load;
}

void Learner::update(const trajectory::Batch& batch, std::int64_t begin, std::int64_t end, Tally& tally) {
  const bool rl = state_.start.kind == StageKind::kRl;
  LossScale scale;
  if (rl) scale.aggregation = aggregation_named(options_.loss.aggregation);
  for (std::int64_t s = begin; s < end; ++s) {
    scale.tokens += static_cast<double>(tally.index.loss_tokens[s]);
    scale.sequences += tally.index.loss_tokens[s] > 0;
  }
  scale.constant = static_cast<double>(options_.objective.group_size) * options_.objective.prompts_per_step * options_.max_tokens / options_.loss.minibatches;
  if (scale.tokens == 0) return;

  std::fill(gradients_.begin(), gradients_.end(), 0.0f);
  LossSums sums;
  auto parts = split_sequences(tally.index, begin, end, options_.optimizer.micro_tokens);
  const model::Config& config = state_.config;
  const RouterOptions& router = options_.router;
  const bool auxiliary = router.aux_loss_coef > 0 && config.moe_layers() > 0, ahead = auxiliary && router.aux_loss == "batch" && parts.size() > 1;
  ExpertLoad load(config.moe_layers(), config.n_routed_experts);
  if (ahead) {
    const Stopwatch watch(tally.value_time);
    load = load_ahead(batch, parts, tally);
  }
  for (auto& part : parts) {
    if (tally.pulse) tally.pulse();
    const MicroBatch micro = pack(batch, tally.index, std::move(part), state_.config);
    MicroValues values;
    std::vector<float> logp_ref, dlogp(static_cast<std::size_t>(micro.targets()));
    {
      const Stopwatch watch(tally.value_time);
      if (rl && options_.loss.beta > 0) logp_ref = reference_logp(micro);
      values = scorer_.score(*model_, micro, /*forced=*/true, /*keep_inputs=*/true);
    }
    if (!ahead && config.moe_layers() > 0) load.add(values.expert_ids, config.num_experts_per_tok);
    if (tally.first_epoch) tally.rows += micro.rows();
    for (std::size_t i = 0; i < micro.sequences.size(); ++i) {
      const std::size_t at = static_cast<std::size_t>(micro.target_starts[i]), count = static_cast<std::size_t>(micro.target_starts[i + 1]) - at;
      const auto part_of = [&](const std::vector<float>& v) { return v.empty() ? std::span<const float>() : std::span<const float>(v).subspan(at, count); };
      SequenceValues sequence{part_of(values.logp), part_of(values.entropy), part_of(micro.logp_old), part_of(logp_ref), 0};
      const std::span<float> d = std::span(dlogp).subspan(at, count);
      if (rl) {
        sequence.advantage = batch.advantage[micro.sequences[i]];
        grpo_loss(sequence, options_.loss, scale, d, sums);
      } else {
        sft_loss(sequence, scale, d, sums);
      }
    }
    const Stopwatch watch(tally.backward_time);
    RouterLoss balance;
    if (auxiliary && router.aux_loss == "batch")
      balance = batch_router_loss(load, tally.index.row_starts[end] - tally.index.row_starts[begin], router.aux_loss_coef);
    else if (auxiliary)
      balance = sequence_router_loss(micro.row_starts, values.expert_ids, config.moe_layers(), config.n_routed_experts, config.num_experts_per_tok,
                                     end - begin, router.aux_loss_coef);
    tally.auxiliary += gradient_->accumulate(micro, scorer_.block_inputs(), values.expert_ids, dlogp, balance, values.selected, values.selected_words);
  }
  if (tally.first_epoch) tally.load.add(load);
  if (tally.updates == 0) tally.first = sums;
  tally.sums.add(sums);
  apply_gradient(load, tally);
}

void Learner::apply_gradient(const ExpertLoad& load, Tally& tally) {
  {
    const Stopwatch watch(tally.optimizer_time);
    const double norm = gradient_norm(team_, state_.trained(), gradients_);
    if (!std::isfinite(norm))
      throw Error(fmt::format("the gradient's norm is {} after {} updates; the weights were left as they are", norm, tally.updates),
                  fmt::format("stage {} step {}", state_.stage, state_.last_step + 1), "lower optimizer.lr, or look at the batch with `laconic traj`");
    const double clip = options_.optimizer.grad_clip;
    const double factor = clip > 0 && norm > clip ? clip / norm : 1;
    tally.lr = learning_rate(options_.optimizer, state_.steps_done, state_.start.total_steps);
    adamw_step(team_, state_.trained(), options_.optimizer, tally.lr, factor, gradients_, state_.masters, state_.adam);
    tally.grad_norm = std::max(tally.grad_norm, norm);
    ++tally.updates;
    const std::string& when = options_.router.bias_update;
    const bool all_weights = state_.start.kind == StageKind::kSft && !state_.adapters;
    if (state_.config.has_selection_bias() && (when == "always" || (when == "sft" && all_weights)))
      load.update(state_.published.biases, options_.router.bias_update_rate);
  }
  const Stopwatch watch(tally.pack_time);
  state_.publish(team_);
  load_published();
}

// With beta = 0: the KL to the reference on a share of the sequences, at the weights before the step.
void Learner::measure_kl(const trajectory::Batch& batch, Tally& tally) {
  std::vector<std::int32_t> chosen;
  for (std::int64_t s = 0; s < tally.index.sequences(); ++s)
    if (in_share(s, options_.loss.kl_fraction)) chosen.push_back(static_cast<std::int32_t>(s));
  const Stopwatch watch(tally.value_time);
  std::size_t at = 0;
  while (at < chosen.size()) {
    std::vector<std::int32_t> part;
    std::int64_t rows = 0;
    for (; at < chosen.size(); ++at) {
      const std::int64_t more = batch.lengths[chosen[at]] - 1;
      if (!part.empty() && rows + more > options_.optimizer.micro_tokens) break;
      part.push_back(chosen[at]);
      rows += more;
    }
    if (tally.pulse) tally.pulse();
    const MicroBatch micro = pack(batch, tally.index, std::move(part), state_.config);
    const std::vector<float> reference = reference_logp(micro), policy = scorer_.score(*model_, micro, true, false).logp;
    for (std::size_t i = 0; i < policy.size(); ++i) tally.kl += kl_k3(policy[i], reference[i]);
    tally.kl_tokens += static_cast<double>(policy.size());
  }
}

Metrics Learner::step(const trajectory::Batch& batch, const std::function<void()>& pulse) {
  check_order(batch);
  check_batch(batch, state_.config);
  Tally tally{BatchIndex(batch), ExpertLoad(state_.config.moe_layers(), state_.config.n_routed_experts), {}, {}, 0, 0, 0, 0, 0, 0, 0, true, 0, 0, 0, 0, pulse};
  const bool rl = state_.start.kind == StageKind::kRl;
  const LossOptions& loss = options_.loss;
  if (rl && loss.beta == 0 && loss.kl_every > 0 && state_.steps_done % loss.kl_every == 0) measure_kl(batch, tally);

  const std::int64_t n = tally.index.sequences();
  const int epochs = rl ? loss.epochs : 1, minibatches = rl ? loss.minibatches : 1;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (int m = 0; m < minibatches; ++m) update(batch, n * m / minibatches, n * (m + 1) / minibatches, tally);
    tally.first_epoch = false;
  }
  ++state_.steps_done;
  state_.last_step = batch.step;
  failpoint("learner.after_step");

  Metrics metrics;
  metrics["tokens"] = static_cast<double>(tally.rows);
  metrics["updates"] = static_cast<double>(tally.updates);
  metrics["time/value"] = tally.value_time;
  metrics["time/backward"] = tally.backward_time;
  metrics["time/optimizer"] = tally.optimizer_time;
  metrics["time/pack"] = tally.pack_time;
  if (tally.updates == 0) return metrics;  // nothing in the batch carried loss
  const LossSums& s = tally.sums;
  const double updates = static_cast<double>(tally.updates);
  metrics["loss"] = (s.loss + tally.auxiliary) / updates;
  if (options_.router.aux_loss_coef > 0 && state_.config.moe_layers() > 0) metrics["aux_loss"] = tally.auxiliary / options_.router.aux_loss_coef / updates;
  metrics["loss_tokens"] = s.tokens;
  metrics["grad_norm"] = tally.grad_norm;
  metrics["lr"] = tally.lr;
  metrics["entropy"] = s.entropy / s.tokens;
  if (state_.config.moe_layers() > 0) {
    metrics["moe/max_vio"] = tally.load.violation().mean;
    metrics["moe/max_vio_worst"] = tally.load.violation().worst;
  }
  if (!rl) {
    metrics["nll"] = s.nll / s.tokens;
    return metrics;
  }
  metrics["importance_ratio/min"] = s.ratio_min;
  metrics["importance_ratio/mean"] = s.ratio / s.tokens;
  metrics["importance_ratio/max"] = s.ratio_max;
  metrics["clip_ratio/low"] = s.clipped_low / s.tokens;
  metrics["clip_ratio/high"] = s.clipped_high / s.tokens;
  metrics["clip_ratio/dual"] = s.clipped_dual / s.tokens;
  // Of the first update: what learner and rollout disagree by on the same weights; 0 at lag 0.
  metrics["logp_abs_diff/max"] = tally.first.logp_diff_max;
  metrics["logp_abs_diff/mean"] = tally.first.logp_diff / tally.first.tokens;
  if (s.kl_tokens > 0) metrics["kl"] = s.kl / s.kl_tokens;
  else if (tally.kl_tokens > 0) metrics["kl"] = tally.kl / tally.kl_tokens;
  return metrics;
}

}  // namespace laconic::learner
