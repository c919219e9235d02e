#include "model/gguf/layout.h"

#include <cstring>

namespace laconic::model {
namespace {

bool is_plain(DType dtype) { return dtype == DType::kBF16 || dtype == DType::kF16 || dtype == DType::kF32; }
Tensor plain(const Tensor& tensor) { return is_plain(tensor.dtype) ? tensor : tensor_of(tensor.shape, to_floats(tensor)); }

// [rows, columns] of elements of `size` bytes, one after another → [columns, rows].
void transpose(const std::byte* from, std::int64_t rows, std::int64_t columns, std::size_t size, std::byte* to) {
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t r = 0; r < rows; ++r, to += size) std::memcpy(to, from + static_cast<std::size_t>(r * columns + c) * size, size);
}

}  // namespace

Tensor pairs_of_halves(const Tensor& tensor, std::int64_t width) {
  Tensor pairs = tensor;
  pairs.paired_rows = 0;
  if (tensor.paired_rows == width) return pairs;
  if (tensor.scales) pairs = tensor_of(tensor.shape, to_floats(tensor));
  const std::int64_t rows = pairs.shape[0], half = width / 2;
  const std::size_t row_bytes = pairs.bytes() / static_cast<std::size_t>(rows);
  std::vector<std::byte> bytes(pairs.bytes());
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t in_head = row % width, to = row - in_head + in_head % half * 2 + in_head / half;
    std::memcpy(bytes.data() + static_cast<std::size_t>(to) * row_bytes, pairs.data + static_cast<std::size_t>(row) * row_bytes, row_bytes);
  }
  return make_tensor(pairs.dtype, pairs.shape, std::move(bytes));
}

Tensor join_key_and_value(const Tensor& key_part, const Tensor& value_part, const Config& c) {
  Tensor key = plain(key_part), value = plain(value_part);
  if (key.dtype != value.dtype) key = tensor_of(key.shape, to_floats(key)), value = tensor_of(value.shape, to_floats(value));
  const std::int64_t heads = c.num_attention_heads, nope = c.qk_nope_head_dim, v = c.v_head_dim, latent = c.kv_lora_rank;
  const auto size = static_cast<std::size_t>(format_of(key.dtype).bytes);
  const std::size_t key_bytes = static_cast<std::size_t>(nope * latent) * size, value_bytes = static_cast<std::size_t>(v * latent) * size;
  std::vector<std::byte> bytes(static_cast<std::size_t>(heads) * (key_bytes + value_bytes));
  for (std::size_t head = 0; head < static_cast<std::size_t>(heads); ++head) {
    std::byte* to = bytes.data() + head * (key_bytes + value_bytes);
    transpose(key.data + head * key_bytes, latent, nope, size, to);
    std::memcpy(to + key_bytes, value.data + head * value_bytes, value_bytes);
  }
  return make_tensor(key.dtype, {heads * (nope + v), latent}, std::move(bytes));
}

std::pair<Tensor, Tensor> split_key_and_value(const Tensor& tensor, const Config& c) {
  const Tensor joined = plain(tensor);
  const std::int64_t heads = c.num_attention_heads, nope = c.qk_nope_head_dim, v = c.v_head_dim, latent = c.kv_lora_rank;
  const auto size = static_cast<std::size_t>(format_of(joined.dtype).bytes);
  const std::size_t key_bytes = static_cast<std::size_t>(nope * latent) * size, value_bytes = static_cast<std::size_t>(v * latent) * size;
  std::vector<std::byte> key(static_cast<std::size_t>(heads) * key_bytes), value(static_cast<std::size_t>(heads) * value_bytes);
  for (std::size_t head = 0; head < static_cast<std::size_t>(heads); ++head) {
    const std::byte* from = joined.data + head * (key_bytes + value_bytes);
    transpose(from, nope, latent, size, key.data() + head * key_bytes);
    std::memcpy(value.data() + head * value_bytes, from + key_bytes, value_bytes);
  }
  return {make_tensor(joined.dtype, {heads, latent, nope}, std::move(key)), make_tensor(joined.dtype, {heads, v, latent}, std::move(value))};
}

}  // namespace laconic::model
