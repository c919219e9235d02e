#include "kernels/rope.h"

#include <algorithm>

#include "kernels/double_math.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

namespace {

double floor_of(double x) {
  const double whole = static_cast<double>(static_cast<std::int64_t>(x));
  return whole > x ? whole - 1 : whole;
}
double ceil_of(double x) { return -floor_of(-x); }

}  // namespace

// YaRN (§3.2, "NTK-by-parts"): dimensions that turn more than beta_fast times within the original
// context keep their frequency, those that turn less than beta_slow times are divided by factor,
// with a linear ramp between.
std::vector<double> rope_frequencies(int dim, double theta, const YarnScaling& yarn) {
  std::vector<double> f(static_cast<std::size_t>(dim / 2));
  for (std::size_t i = 0; i < f.size(); ++i) f[i] = pow_double(theta, -2.0 * static_cast<double>(i) / dim);
  if (!yarn.enabled) return f;
  const auto dimension_of = [&](double turns) {
    return dim * log_double(yarn.original_positions / (turns * 6.283185307179586476925)) / (2 * log_double(theta));
  };
  const double low = std::max(floor_of(dimension_of(yarn.beta_fast)), 0.0);
  double high = std::min(ceil_of(dimension_of(yarn.beta_slow)), dim - 1.0);
  if (low == high) high += 0.001;
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    f[i] = f[i] / yarn.factor * ramp + f[i] * (1 - ramp);
  }
  return f;
}

std::vector<double> rope_frequencies(int dim, double theta, const Llama3Scaling& scaling) {
  std::vector<double> frequencies = rope_frequencies(dim, theta, YarnScaling{});
  if (!scaling.enabled) return frequencies;
  for (double& f : frequencies) {
    const double turns = scaling.original_positions * f / 6.283185307179586476925;  // within the original context
    const double kept = std::clamp((turns - scaling.low) / (scaling.high - scaling.low), 0.0, 1.0);
    f = (1 - kept) * f / scaling.factor + kept * f;
  }
  return frequencies;
}

double yarn_mscale(double factor, double mscale) { return factor <= 1 ? 1.0 : 0.1 * mscale * log_double(factor) + 1.0; }

RopeTable::RopeTable(const std::vector<double>& frequencies, std::int64_t positions, double scale)
    : half_(static_cast<int>(frequencies.size())) {
  cos_.reserve(static_cast<std::size_t>(positions) * frequencies.size());
  sin_.reserve(cos_.capacity());
  for (std::int64_t position = 0; position < positions; ++position)
    for (double f : frequencies) {
      const SinCos turn = sin_cos_double(static_cast<double>(position) * f);
      cos_.push_back(static_cast<float>(turn.cos * scale));
      sin_.push_back(static_cast<float>(turn.sin * scale));
    }
}

void apply_rope(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t x_head, std::int64_t rows, int heads,
                const std::int32_t* positions, const RopeTable& table, RopeLayout layout, bf16* out,
                std::int64_t ld_out, std::int64_t out_head) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r)
    for (int h = 0; h < heads; ++h)
      ops().rope_vector(x + r * ldx + h * x_head, table.cos(positions[r]), table.sin(positions[r]), table.dim() / 2,
                        layout == RopeLayout::kInterleaved, out + r * ld_out + h * out_head);
}

}  // namespace laconic::kernels
