// Rotary position embedding: tables and rotation. Formulas: RoFormer (Su et al. 2021) §3.4; YaRN
// (Peng et al. 2023) as DeepSeek-V3 applies it. Tables are computed in double by own functions (no
// libm) and rounded once to fp32.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_team.h"
#include "kernels/bf16.h"

namespace laconic::kernels {

enum class RopeLayout { kInterleaved, kHalfSplit };  // pairs (2i, 2i+1) or (i, i + d/2)

struct YarnScaling {
  bool enabled = false;
  double factor = 1, beta_fast = 32, beta_slow = 1, original_positions = 4096, mscale = 1, mscale_all_dim = 0;
};

// Llama 3.1's scaling: wavelengths above original/low are stretched by factor, those below
// original/high are kept, with a linear blend of the frequencies between.
struct Llama3Scaling {
  bool enabled = false;
  double factor = 1, low = 1, high = 4, original_positions = 8192;
};

// Inverse frequencies, d/2 values, after YaRN when enabled.
std::vector<double> rope_frequencies(int dim, double theta, const YarnScaling& yarn);
std::vector<double> rope_frequencies(int dim, double theta, const Llama3Scaling& scaling);

// m = 0.1 · mscale · ln(factor) + 1, or 1 when factor ≤ 1.
double yarn_mscale(double factor, double mscale);

class RopeTable {
 public:
  RopeTable() = default;
  // cos and sin of position · frequency, multiplied by `scale`, for positions [0, positions).
  RopeTable(const std::vector<double>& frequencies, std::int64_t positions, double scale);
  const float* cos(std::int64_t position) const { return cos_.data() + position * half_; }
  const float* sin(std::int64_t position) const { return sin_.data() + position * half_; }
  int dim() const { return 2 * half_; }
  std::int64_t positions() const { return half_ ? static_cast<std::int64_t>(cos_.size()) / half_ : 0; }

 private:
  int half_ = 0;
  std::vector<float> cos_, sin_;
};

// Rotates fp32 vectors and rounds them to bf16: for row r and head h,
// out[r * ld_out + h * out_head + …] = rope(x[r * ldx + h * x_head + …], positions[r]).
// (a, b) → (fma(a, cos, -(b·sin)), fma(b, cos, a·sin)), the inner product rounded. The output keeps
// the layout of the input. SPMD, no barrier at the end.
void apply_rope(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t x_head, std::int64_t rows, int heads,
                const std::int32_t* positions, const RopeTable& table, RopeLayout layout, bf16* out,
                std::int64_t ld_out, std::int64_t out_head);

}  // namespace laconic::kernels
