#include "model/gguf_layout.h"

#include <cstring>

namespace laconic::model {
namespace {

template <class To>
Tensor with_rows_moved(const Tensor& tensor, To&& to) {
  const std::int64_t rows = tensor.shape[0];
  const std::size_t row_bytes = rows ? tensor.bytes() / static_cast<std::size_t>(rows) : 0;
  std::vector<std::byte> bytes(tensor.bytes());
  for (std::int64_t row = 0; row < rows; ++row)
    std::memcpy(bytes.data() + static_cast<std::size_t>(to(row)) * row_bytes, tensor.data + static_cast<std::size_t>(row) * row_bytes, row_bytes);
  return make_tensor(tensor.dtype, tensor.shape, std::move(bytes));
}

bool is_plain(DType dtype) { return dtype == DType::kBF16 || dtype == DType::kF16 || dtype == DType::kF32; }
Tensor plain(const Tensor& tensor) { return is_plain(tensor.dtype) ? tensor : tensor_of(tensor.shape, to_floats(tensor)); }

// [rows, columns] of elements of `size` bytes, one after another → [columns, rows].
void transpose(const std::byte* from, std::int64_t rows, std::int64_t columns, std::size_t size, std::byte* to) {
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t r = 0; r < rows; ++r, to += size) std::memcpy(to, from + static_cast<std::size_t>(r * columns + c) * size, size);
}

}  // namespace

Tensor halves_of_pairs(const Tensor& stored, std::int64_t heads) {
  const std::int64_t width = stored.shape[0] / heads;
  return with_rows_moved(stored, [width](std::int64_t row) { return row - row % width + row % width / 2 + (row % 2 == 0 ? 0 : width / 2); });
}

Tensor pairs_of_halves(const Tensor& tensor, std::int64_t heads) {
  const std::int64_t width = tensor.shape[0] / heads, half = width / 2;
  return with_rows_moved(tensor, [width, half](std::int64_t row) { return row - row % width + row % width % half * 2 + row % width / half; });
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
