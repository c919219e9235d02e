#include "learner/optimizer.h"

#include <algorithm>
#include <cmath>

namespace laconic::learner {
namespace {

constexpr std::int64_t kBlock = 4096;

double block_square_sum(const float* values, std::int64_t count) {
  double lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int l = 0; l < 8; ++l) lanes[l] += static_cast<double>(values[i + l]) * values[i + l];
  for (; i < count; ++i) lanes[0] += static_cast<double>(values[i]) * values[i];
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

struct Coefficients {
  float beta1, beta2, eps, step_size, root_correction, keep, scale;
};

void update(const Coefficients& c, std::int64_t count, const float* gradient, float* master, float* m, float* v) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * c.scale;
    m[i] = c.beta1 * m[i] + (1 - c.beta1) * g;
    v[i] = c.beta2 * v[i] + (1 - c.beta2) * (g * g);
    // m̂ / (√v̂ + eps), v̂ = v / (1 − β2^t)
    master[i] = c.keep * master[i] - c.step_size * (m[i] / (std::sqrt(v[i]) * c.root_correction + c.eps));
  }
}

}  // namespace

void AdamState::reset(std::int64_t size) {
  exp_avg.assign(static_cast<std::size_t>(size), 0.0f);
  exp_avg_sq.assign(static_cast<std::size_t>(size), 0.0f);
  steps = 0;
}

double learning_rate(const OptimizerOptions& options, std::int64_t step, std::int64_t total_steps) {
  const std::int64_t warmup = options.lr_warmup_steps;
  if (step < warmup) return options.lr * static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (options.lr_schedule == "constant") return options.lr;
  const double span = static_cast<double>(std::max<std::int64_t>(1, total_steps - 1 - warmup));
  const double progress = std::clamp(static_cast<double>(step - warmup) / span, 0.0, 1.0);
  const double share = options.lr_schedule == "linear" ? 1 - progress : 0.5 * (1 + std::cos(M_PI * progress));
  return options.lr * (options.lr_final + (1 - options.lr_final) * share);
}

double gradient_norm(ThreadTeam& team, const ParameterLayout& layout, const std::vector<float>& gradient) {
  struct Block { const float* data; std::int64_t count; };
  std::vector<Block> blocks;
  for (const Parameter& p : layout.by_name())
    for (std::int64_t at = 0; at < p.elements; at += kBlock)
      blocks.push_back({gradient.data() + p.offset + at, std::min(kBlock, p.elements - at)});
  std::vector<double> sums(blocks.size());
  team.run([&](const Ctx& ctx) {
    const auto [begin, end] = ctx.share(static_cast<std::int64_t>(blocks.size()));
    for (std::int64_t b = begin; b < end; ++b) sums[b] = block_square_sum(blocks[b].data, blocks[b].count);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

void adamw_step(ThreadTeam& team, const ParameterLayout& layout, const OptimizerOptions& options, double lr,
                double gradient_scale, const std::vector<float>& gradient, std::vector<float>& masters, AdamState& state) {
  const double t = static_cast<double>(++state.steps);
  Coefficients c;
  c.beta1 = static_cast<float>(options.beta1);
  c.beta2 = static_cast<float>(options.beta2);
  c.eps = static_cast<float>(options.eps);
  c.step_size = static_cast<float>(lr / (1 - std::pow(options.beta1, t)));
  c.root_correction = static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, t)));
  c.scale = static_cast<float>(gradient_scale);
  const float decayed = static_cast<float>(1 - lr * options.weight_decay);
  team.run([&](const Ctx& ctx) {
    for (const Parameter& p : layout.by_name()) {
      const auto [begin, end] = ctx.share(p.elements, 16);
      Coefficients mine = c;
      mine.keep = p.decays ? decayed : 1.0f;
      const std::int64_t at = p.offset + begin;
      update(mine, end - begin, gradient.data() + at, masters.data() + at, state.exp_avg.data() + at, state.exp_avg_sq.data() + at);
    }
  });
}

}  // namespace laconic::learner
