#include <cmath>

#include "kernels/gemm.h"
#include "kernels/moe.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

struct Case {
  std::int64_t rows, hidden, width;
  int experts, top_k, used;  // ids are drawn below `used`: the others stay empty
  double tolerance;
};
constexpr Case kCases[] = {{1, 16, 16, 1, 1, 1, 0.02},  {1, 40, 24, 4, 2, 4, 0.02},   {5, 33, 7, 6, 3, 4, 0.02},
                           {70, 32, 16, 8, 2, 2, 0.02}, {150, 24, 18, 5, 1, 1, 0.02}, {9, 128, 64, 16, 2, 16, 0.02}};

struct Layer {
  std::vector<Expert> experts;
  std::vector<std::vector<bf16>> gate_up, down;
  std::vector<bf16> x;
  std::vector<std::uint16_t> ids;
  std::vector<float> weights, before;
};

Layer make_layer(const Case& c) {
  Layer layer;
  for (int e = 0; e < c.experts; ++e) {
    const std::uint64_t seed = static_cast<std::uint64_t>(e) * 2 + 10;
    layer.gate_up.push_back(random_bf16(static_cast<std::size_t>(2 * c.width * c.hidden), seed, 0.5f));
    layer.down.push_back(random_bf16(static_cast<std::size_t>(c.hidden * c.width), seed + 1, 0.5f));
    layer.experts.push_back({PackedMatrix(layer.gate_up.back().data(), 2 * c.width, c.hidden), PackedMatrix(layer.down.back().data(), c.hidden, c.width)});
  }
  PhiloxStream stream(3, 0);
  for (std::int64_t r = 0; r < c.rows; ++r) {
    const std::uint32_t first = stream.below(static_cast<std::uint32_t>(c.used));
    for (int slot = 0; slot < c.top_k; ++slot)
      layer.ids.push_back(static_cast<std::uint16_t>((first + static_cast<std::uint32_t>(slot)) % static_cast<std::uint32_t>(c.used)));
  }
  layer.x = random_bf16(static_cast<std::size_t>(c.rows * c.hidden), 4);
  layer.weights = random_floats(static_cast<std::size_t>(c.rows * c.top_k), 5);
  layer.before = random_floats(static_cast<std::size_t>(c.rows * c.hidden), 6);
  return layer;
}

std::vector<float> run_layer(const Case& c, const Layer& layer) {
  std::vector<float> y(layer.before.size());
  std::vector<std::byte> memory(moe_scratch_bytes(c.rows, c.top_k, c.hidden, c.width, c.experts) + 64);
  void* scratch = reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(memory.data()) + 63) / 64 * 64);
  same_everywhere(
      [&](const Ctx& ctx) {
        if (ctx.tid == 0) y = layer.before;
        ctx.barrier();
        moe_experts(ctx, layer.x.data(), c.rows, layer.experts, layer.ids.data(), layer.weights.data(), c.top_k, scratch, y.data());
      },
      [&] { return bytes_of(y); });
  return y;
}

// The definition, one token and one slot at a time, from the plain ops.
TEST(Experts, EqualTheirDefinitionBitForBit) {
  for (const Case& c : kCases) {
    const Layer layer = make_layer(c);
    std::vector<float> expected = layer.before, gate_up(static_cast<std::size_t>(2 * c.width)), out(static_cast<std::size_t>(c.hidden));
    std::vector<bf16> activation(static_cast<std::size_t>(c.width));
    for (std::int64_t r = 0; r < c.rows; ++r)
      for (int slot = 0; slot < c.top_k; ++slot) {
        const std::size_t a = static_cast<std::size_t>(r * c.top_k + slot);
        const Expert& expert = layer.experts[layer.ids[a]];
        gemm(Ctx{}, &layer.x[static_cast<std::size_t>(r * c.hidden)], c.hidden, 1, expert.gate_up, gate_up.data(), 2 * c.width);
        swiglu(Ctx{}, gate_up.data(), 1, c.width, activation.data());
        gemm(Ctx{}, activation.data(), c.width, 1, expert.down, out.data(), c.hidden);
        for (std::int64_t h = 0; h < c.hidden; ++h) {
          float& y = expected[static_cast<std::size_t>(r * c.hidden + h)];
          y = std::fma(layer.weights[a], out[static_cast<std::size_t>(h)], y);
        }
      }
    EXPECT_TRUE(bytes_of(run_layer(c, layer)) == bytes_of(expected)) << c.rows << " rows, " << c.experts << " experts";
  }
}

TEST(Experts, CloseToFloat64) {
  for (const Case& c : kCases) {
    const Layer layer = make_layer(c);
    const std::vector<float> y = run_layer(c, layer);
    for (std::int64_t r = 0; r < c.rows; ++r) {
      std::vector<double> truth(layer.before.begin() + r * c.hidden, layer.before.begin() + (r + 1) * c.hidden);
      for (int slot = 0; slot < c.top_k; ++slot) {
        const std::size_t a = static_cast<std::size_t>(r * c.top_k + slot), e = layer.ids[a];
        const auto row = [&](std::int64_t n) {
          double sum = 0;
          for (std::int64_t h = 0; h < c.hidden; ++h)
            sum += double{to_float(layer.gate_up[e][static_cast<std::size_t>(n * c.hidden + h)])} * to_float(layer.x[static_cast<std::size_t>(r * c.hidden + h)]);
          return sum;
        };
        for (std::int64_t i = 0; i < c.width; ++i) {
          const double g = row(i), activation = g / (1 + std::exp(-g)) * row(i + c.width);
          for (std::int64_t h = 0; h < c.hidden; ++h)
            truth[static_cast<std::size_t>(h)] += layer.weights[a] * activation * to_float(layer.down[e][static_cast<std::size_t>(h * c.width + i)]);
        }
      }
      double error = 0, size = 0;
      for (std::int64_t h = 0; h < c.hidden; ++h) {
        error += std::pow(y[static_cast<std::size_t>(r * c.hidden + h)] - truth[static_cast<std::size_t>(h)], 2);
        size += std::pow(truth[static_cast<std::size_t>(h)], 2);
      }
      EXPECT_LE(std::sqrt(error / size), c.tolerance) << "row " << r;
    }
  }
}

}  // namespace
}  // namespace laconic::kernels
