// A safetensors file from its first byte to the tensors of a model: whatever the bytes, views inside the
// file, or an Error.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/weights/safetensors.h"
#include "model/weights/stored_tensors.h"

using namespace laconic::model;

namespace {

// Two layers, the second a mixture: the smallest names that every path of the reader has.
Config tiny() {
  Config c;
  c.vocab_size = 4;
  c.hidden_size = 2;
  c.num_hidden_layers = 2;
  c.intermediate_size = 2;
  c.first_k_dense_replace = 1;
  c.num_attention_heads = 1;
  c.attention = AttentionKind::kGrouped;
  c.num_key_value_heads = 1;
  c.head_dim = 2;
  c.n_routed_experts = 2;
  c.num_experts_per_tok = 1;
  c.moe_intermediate_size = 2;
  c.gate_score = laconic::kernels::GateScore::kSoftmax;
  return c;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  const auto inside = [&](const Tensor& tensor) { return tensor.bytes() <= size && tensor.data >= begin && tensor.data + tensor.bytes() <= begin + size; };
  try {
    const TensorMap stored = parse_safetensors({begin, size}, nullptr, "fuzz");
    for (const auto& [name, tensor] : stored)
      if (!inside(tensor)) std::abort();
    const TensorMap tensors = canonical_tensors(tiny(), stored, size % 2 == 0, "fuzz");
    for (const auto& [name, tensor] : tensors) {
      if (!inside(tensor)) std::abort();
      to_floats(tensor);
    }
    check_tensors(tiny(), tensors, "fuzz");
  } catch (const laconic::Error&) {
  }
  return 0;
}
