#include "model/workspace.h"

#include <algorithm>

namespace laconic::model {
namespace {

constexpr std::size_t kAlignment = 64;

// Hands out aligned stretches; without a base it only counts.
class Carver {
 public:
  explicit Carver(std::byte* base) : base_(base) {}
  template <class T>
  void take(T*& pointer, std::int64_t count) {
    pointer = reinterpret_cast<T*>(base_ ? base_ + used_ : nullptr);
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

std::size_t carve(Workspace::Buffers& b, const Config& c, std::int64_t rows, std::int64_t head_rows, std::byte* base) {
  const std::int64_t heads = c.num_attention_heads, query = c.query_width(), cached = c.cache_width(), key = c.latent_width();
  const std::int64_t latent = c.kv_lora_rank;
  std::int64_t width = c.first_k_dense_replace > 0 ? c.intermediate_size : 0;
  if (c.moe_layers() > 0) width = std::max(width, c.n_shared_experts * c.moe_intermediate_size);
  Carver carver(base);
  carver.take(b.positions, rows);
  carver.take(b.cache_rows, rows);
  carver.take(b.slices, rows);
  carver.take(b.x, rows * c.hidden_size);
  carver.take(b.normed, rows * c.hidden_size);
  carver.take(b.normed_full, rows * c.hidden_size);
  carver.take(b.query, rows * query);
  carver.take(b.latent, rows * (c.is_latent() ? key : cached));
  carver.take(b.cache_row, rows * cached);
  carver.take(b.attention_query, rows * (c.is_latent() ? heads * key : query));
  carver.take(b.attended, rows * (c.is_latent() ? heads * latent : query));
  if (c.is_latent()) {
    carver.take(b.query_low, rows * c.q_lora_rank);
    carver.take(b.query_low_normed, rows * c.q_lora_rank);
    carver.take(b.query_rounded, rows * query);
    carver.take(b.absorbed, rows * heads * latent);
    carver.take(b.value, rows * heads * c.v_head_dim);
    carver.take(b.value_rounded, rows * heads * c.v_head_dim);
  }
  if (c.is_sparse()) {
    const std::int64_t index = std::int64_t{c.index_n_heads} * c.index_head_dim;
    carver.take(b.sparse_slices, rows);
    carver.take(b.index_in, rows * (c.index_head_dim + c.index_n_heads));
    carver.take(b.index_query, rows * index);
    carver.take(b.index_query_rounded, rows * index);
    b.selection.ld = selection_words(c.max_position_embeddings);
    carver.take(b.selection.words, rows * b.selection.ld);
  }
  carver.take(b.gate_up, rows * 2 * width);
  carver.take(b.activated, rows * width);
  if (c.moe_layers() > 0) {
    carver.take(b.logits, rows * c.n_routed_experts);
    carver.take(b.gate_weights, rows * c.num_experts_per_tok);
    carver.take(b.forced, rows * c.moe_layers() * c.num_experts_per_tok);
    carver.take(b.routed, rows * c.moe_layers() * c.num_experts_per_tok);
    carver.take(b.ffn_out, rows * c.hidden_size);
    carver.take(b.moe_scratch, static_cast<std::int64_t>(kernels::moe_scratch_bytes(
                                   rows, static_cast<int>(c.num_experts_per_tok), c.hidden_size, c.moe_intermediate_size,
                                   static_cast<int>(c.n_routed_experts))));
  }
  carver.take(b.head_scratch, static_cast<std::int64_t>(kernels::head_scratch_bytes(head_rows, c.vocab_size)));
  return carver.used();
}

}  // namespace

Workspace::Workspace() : buffers_(std::make_unique<Buffers>()) {}
Workspace::~Workspace() = default;

void Workspace::reserve(const Config& config, std::int64_t rows, std::int64_t head_rows) {
  Buffers& b = *buffers_;
  const std::size_t needed = carve(b, config, rows, head_rows, nullptr) + kAlignment;
  if (needed > b.bytes) {
    b.memory.reset();  // the old arena goes first: both at once could be too much
    b.bytes = 0;
    b.memory = std::make_unique_for_overwrite<std::byte[]>(needed);
    b.bytes = needed;
  }
  void* base = b.memory.get();
  std::size_t space = b.bytes;
  std::align(kAlignment, needed - kAlignment, base, space);
  carve(b, config, rows, head_rows, static_cast<std::byte*>(base));
}

}  // namespace laconic::model
