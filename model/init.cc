#include "model/init.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/philox.h"

namespace laconic::model {

TensorMap initial_weights(const Config& config, std::uint64_t seed, DType dtype) {
  if (dtype == DType::kF16) throw Error("initial weights are made in F32 or BF16, not F16");
  TensorMap tensors;
  for (const TensorSpec& spec : tensor_specs(config)) {
    std::int64_t elements = 1;
    for (const std::int64_t extent : spec.shape) elements *= extent;
    std::vector<float> values(static_cast<std::size_t>(elements), spec.name.ends_with("norm.weight") ? 1.0f : 0.0f);
    if (spec.shape.size() == 2) {
      PhiloxStream stream(xxh3(fmt::format("initial weights/{}/{}", seed, spec.name)), 0);
      for (float& value : values) value = static_cast<float>(stream.normal() * config.initializer_range);
    }
    if (spec.fp32 || dtype == DType::kF32) {
      tensors.emplace(spec.name, tensor_of(spec.shape, values));
      continue;
    }
    std::vector<bf16> rounded;
    rounded.reserve(values.size());
    for (const float value : values) rounded.push_back(to_bf16(value));
    tensors.emplace(spec.name, tensor_of(spec.shape, rounded));
  }
  return tensors;
}

}  // namespace laconic::model
