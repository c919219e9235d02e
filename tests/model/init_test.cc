#include "model/init.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "model/weights/safetensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

TEST(InitialWeights, HaveTheConfiguredSpread) {
  const Config config = small_config();
  double sum = 0, squares = 0, count = 0;
  for (const auto& [name, tensor] : initial_weights(config, 5, DType::kF32)) {
    const std::vector<float> values = to_floats(tensor);
    if (tensor.shape.size() == 1) {
      const float expected = name.ends_with("e_score_correction_bias") ? 0.0f : 1.0f;
      for (const float value : values) EXPECT_EQ(value, expected) << name;
      continue;
    }
    for (const float value : values) sum += value, squares += value * value, ++count;
  }
  EXPECT_GT(count, 50000);
  EXPECT_NEAR(sum / count, 0, 5 * config.initializer_range / std::sqrt(count));
  EXPECT_NEAR(std::sqrt(squares / count), config.initializer_range, 0.02 * config.initializer_range);
}

TEST(InitialWeights, AreAFunctionOfSeedAndName) {
  const Config config = small_config();
  Config deeper = config;
  deeper.num_hidden_layers = 4;
  const TensorMap a = initial_weights(config, 5, DType::kBF16), b = initial_weights(deeper, 5, DType::kBF16);
  for (const auto& [name, tensor] : a)
    EXPECT_EQ(std::vector(tensor.data, tensor.data + tensor.bytes()), std::vector(b.at(name).data, b.at(name).data + tensor.bytes())) << name;
  EXPECT_NE(weights_sha256(a), weights_sha256(initial_weights(config, 6, DType::kBF16)));
  EXPECT_NE(to_floats(a.at("model.layers.1.mlp.experts.0.up_proj.weight")), to_floats(a.at("model.layers.1.mlp.experts.1.up_proj.weight")));
  EXPECT_EQ(a.at("model.layers.1.mlp.gate.e_score_correction_bias").dtype, DType::kF32);
  EXPECT_THROW(initial_weights(config, 5, DType::kF16), Error);
}

}  // namespace
}  // namespace laconic::model
