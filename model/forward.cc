#include "model/forward.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/norm.h"
#include "kernels/sparse.h"
#include "model/packed_model.h"
#include "model/workspace.h"

namespace laconic::model {
namespace {

using kernels::Store;

// One pass in one thread. Ops leave their outputs unsynchronised; every barrier here separates
// writers from readers.
class Pass {
 public:
  Pass(const Ctx& ctx, const Model& model, Workspace& workspace, const ForwardArgs& args)
      : ctx_(ctx), m_(model), c_(model.config), b_(workspace.buffers()), args_(args) {
    for (const Slice& slice : args.slices) rows_ += slice.count;
  }

  void run() {
    plan_and_embed();
    ctx_.barrier();
    for (std::int64_t l = 0; l < c_.layers(); ++l) {
      const LayerWeights& w = m_.layers[static_cast<std::size_t>(l)];
      keep_block_input(2 * l);
      if (c_.is_latent()) latent_attention(w, l);
      else grouped_attention(w, l);
      ctx_.barrier();
      keep_block_input(2 * l + 1);
      if (c_.is_moe(l)) moe(w, l - c_.first_k_dense_replace);
      else dense(w);
      ctx_.barrier();
    }
    keep_block_input(2 * c_.layers());
    if (!args_.head_rows.empty()) head();
    report_routing();
    ctx_.barrier();
  }

 private:
  // Calls f(row, slice, offset in the slice) for this thread's share of the batch rows.
  template <class F>
  void for_my_tokens(F&& f) {
    const auto [begin, end] = ctx_.share(rows_);
    std::int64_t row = 0;
    for (const Slice& slice : args_.slices) {
      const std::int64_t first = std::max(begin, row), last = std::min(end, row + slice.count);
      for (std::int64_t r = first; r < last; ++r) f(r, slice, static_cast<std::int32_t>(r - row));
      row += slice.count;
    }
  }

  void plan_and_embed() {
    if (ctx_.tid == 0) {
      b_.slice_count = b_.sparse_slice_count = 0;
      std::int32_t row = 0;
      for (const Slice& slice : args_.slices) {
        // A query with at most index_topk positions to choose from takes them all: dense attention.
        const std::int32_t dense = c_.is_sparse() ? std::clamp(c_.index_topk - slice.position, 0, slice.count) : slice.count;
        if (dense > 0) b_.slices[b_.slice_count++] = {slice.pages, slice.position, dense, row};
        if (dense < slice.count) b_.sparse_slices[b_.sparse_slice_count++] = {slice.pages, slice.position + dense, slice.count - dense, row + dense};
        row += slice.count;
      }
    }
    for_my_tokens([&](std::int64_t row, const Slice& slice, std::int32_t offset) {
      const std::int32_t position = slice.position + offset;
      b_.positions[row] = position;
      b_.cache_rows[row] = std::int64_t{slice.pages[position / kernels::kPageTokens]} * kernels::kPageTokens + position % kernels::kPageTokens;
      const bf16* from = m_.embedding.data() + slice.tokens[offset] * c_.hidden_size;
      for (std::int64_t i = 0; i < c_.hidden_size; ++i) b_.x[row * c_.hidden_size + i] = to_float(from[i]);
    });
    if (args_.forced_experts) copy_routing([&](std::uint16_t* by_layer, std::int64_t by_row) { *by_layer = args_.forced_experts[by_row]; }, b_.forced);
  }

  // Pairs each element of a [moe_layers, rows, top_k] buffer with its index in [rows, moe_layers, top_k].
  template <class F>
  void copy_routing(F&& f, std::uint16_t* buffer) {
    const auto [begin, end] = ctx_.share(rows_);
    const std::int64_t layers = c_.moe_layers(), k = c_.num_experts_per_tok;
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t l = 0; l < layers; ++l)
        for (std::int64_t slot = 0; slot < k; ++slot) f(buffer + (l * rows_ + row) * k + slot, (row * layers + l) * k + slot);
  }

  void report_routing() {
    if (args_.routed_experts) copy_routing([&](std::uint16_t* by_layer, std::int64_t by_row) { args_.routed_experts[by_row] = *by_layer; }, b_.routed);
  }

  void keep_block_input(std::int64_t block) {
    if (!args_.block_inputs) return;
    const auto [begin, end] = ctx_.share(rows_);
    const std::int64_t h = c_.hidden_size;
    if (end > begin)
      std::memcpy(args_.block_inputs + (block * rows_ + begin) * h, b_.x + begin * h, static_cast<std::size_t>((end - begin) * h) * sizeof(float));
  }

  void norm(const std::vector<float>& weight, float* full = nullptr) {
    kernels::rms_norm(ctx_, b_.x, c_.hidden_size, rows_, c_.hidden_size, weight.data(), static_cast<float>(c_.rms_norm_eps), b_.normed,
                      c_.hidden_size, full, c_.hidden_size);
    ctx_.barrier();
  }

  // MLA in absorbed form. Ends without a barrier.
  void latent_attention(const LayerWeights& w, std::int64_t layer) {
    const std::int64_t hidden = c_.hidden_size, heads = c_.num_attention_heads, latent = c_.kv_lora_rank;
    const std::int64_t nope = c_.qk_nope_head_dim, rope = c_.qk_rope_head_dim, v = c_.v_head_dim;
    const std::int64_t per_head = nope + rope, query = heads * per_head, key = latent + rope, cached = c_.cache_width();
    const kernels::RopeLayout layout = c_.rope_interleave ? kernels::RopeLayout::kInterleaved : kernels::RopeLayout::kHalfSplit;
    constexpr float kEps = static_cast<float>(Config::kLatentNormEps);
    const bool low_rank = c_.q_lora_rank > 0;

    norm(w.attention_norm);
    kernels::gemm(ctx_, b_.normed, hidden, rows_, w.query_in, low_rank ? b_.query_low : b_.query, low_rank ? c_.q_lora_rank : query);
    kernels::gemm(ctx_, b_.normed, hidden, rows_, w.cache_in, b_.latent, key);
    if (c_.is_sparse()) kernels::gemm(ctx_, b_.normed, hidden, rows_, w.index_in, b_.index_in, index_in_width());
    ctx_.barrier();
    if (low_rank)
      kernels::rms_norm(ctx_, b_.query_low, c_.q_lora_rank, rows_, c_.q_lora_rank, w.query_norm.data(), kEps, b_.query_low_normed,
                        c_.q_lora_rank, nullptr, 0);
    kernels::rms_norm(ctx_, b_.latent, key, rows_, latent, w.latent_norm.data(), kEps, b_.cache_row, cached, nullptr, 0);
    kernels::apply_rope(ctx_, b_.latent + latent, key, 0, rows_, 1, b_.positions, m_.rope, layout, b_.cache_row + latent, cached, 0);
    if (c_.is_sparse()) index_keys(w);
    ctx_.barrier();
    if (low_rank) kernels::gemm(ctx_, b_.query_low_normed, c_.q_lora_rank, rows_, w.query_up, b_.query, query);
    if (selects()) kernels::gemm(ctx_, b_.query_low_normed, c_.q_lora_rank, rows_, w.index_query, b_.index_query, w.index_query.n());
    const kernels::KvPages pages = pages_of(layer);
    write_cache(pages);
    ctx_.barrier();
    if (selects()) round_index_queries();
    kernels::round_to_bf16(ctx_, b_.query, query, rows_, query, b_.query_rounded, query);
    kernels::apply_rope(ctx_, b_.query + nope, query, per_head, rows_, c_.num_attention_heads, b_.positions, m_.rope, layout,
                        b_.attention_query + latent, heads * key, key);
    ctx_.barrier();
    kernels::gemm_heads(ctx_, b_.query_rounded, query, per_head, rows_, w.key_up, b_.absorbed, heads * latent, latent);
    if (selects()) select(pages);
    ctx_.barrier();
    kernels::round_to_bf16(ctx_, b_.absorbed, latent, rows_ * heads, latent, b_.attention_query, key);
    ctx_.barrier();
    const auto shape = kernels::AttentionShape::latent(c_.num_attention_heads, static_cast<int>(latent), static_cast<int>(rope));
    kernels::attention(ctx_, b_.attention_query, {b_.slices, static_cast<std::size_t>(b_.slice_count)}, shape, c_.softmax_scale(), pages, b_.attended);
    if (selects()) kernels::sparse_attention(ctx_, b_.attention_query, sparse_slices(), shape, c_.softmax_scale(), pages, b_.selection, b_.attended);
    if (c_.is_sparse()) report_selection(layer);
    ctx_.barrier();
    kernels::gemm_heads(ctx_, b_.attended, heads * latent, latent, rows_, w.value_up, b_.value, heads * v, v);
    ctx_.barrier();
    kernels::round_to_bf16(ctx_, b_.value, heads * v, rows_, heads * v, b_.value_rounded, heads * v);
    ctx_.barrier();
    kernels::gemm(ctx_, b_.value_rounded, heads * v, rows_, w.output, b_.x, hidden, Store::kAdd);
  }

  // --- Sparse attention's indexer. Rounding points: the rotated queries and keys, and the parts of them
  // that do not turn; the heads' weights stay fp32. Each ends without a barrier. ---

  bool selects() const { return b_.sparse_slice_count > 0; }
  std::span<const kernels::AttentionSlice> sparse_slices() const { return {b_.sparse_slices, static_cast<std::size_t>(b_.sparse_slice_count)}; }
  std::int64_t index_in_width() const { return c_.index_head_dim + c_.index_n_heads; }

  // The index key of each token, as the last part of its cache row: rotated first (half-split, whatever
  // the layout of the attention itself), the rest after. Each thread keeps to its own rows.
  void index_keys(const LayerWeights& w) {
    const std::int64_t width = index_in_width(), dim = c_.index_head_dim, rope = c_.qk_rope_head_dim, cached = c_.cache_width();
    bf16* key = b_.cache_row + c_.latent_width();
    kernels::layer_norm(ctx_, b_.index_in, width, rows_, dim, w.index_norm.data(), w.index_norm_bias.data(), static_cast<float>(Config::kIndexNormEps),
                        b_.index_in, width);
    kernels::apply_rope(ctx_, b_.index_in, width, 0, rows_, 1, b_.positions, m_.rope, kernels::RopeLayout::kHalfSplit, key, cached, 0);
    kernels::round_to_bf16(ctx_, b_.index_in + rope, width, rows_, dim - rope, key + rope, cached);
  }

  void round_index_queries() {
    const std::int64_t heads = c_.index_n_heads, dim = c_.index_head_dim, rope = c_.qk_rope_head_dim;
    kernels::apply_rope(ctx_, b_.index_query, heads * dim, dim, rows_, c_.index_n_heads, b_.positions, m_.rope, kernels::RopeLayout::kHalfSplit,
                        b_.index_query_rounded, heads * dim, dim);
    kernels::round_to_bf16(ctx_, b_.index_query + rope, dim, rows_ * heads, dim - rope, b_.index_query_rounded + rope, dim);
  }

  void select(const kernels::KvPages& pages) {
    kernels::select_positions(ctx_, b_.index_query_rounded, b_.index_in + c_.index_head_dim, index_in_width(), sparse_slices(),
                              {c_.index_n_heads, c_.index_head_dim, c_.index_topk, c_.latent_width(), c_.index_scale()}, pages, b_.selection);
  }

  void report_selection(std::int64_t layer) {
    if (!args_.selected) return;
    for_my_tokens([&](std::int64_t row, const Slice& slice, std::int32_t offset) {
      const std::int32_t position = slice.position + offset;
      const std::int64_t words = selection_words(position + 1);
      std::uint32_t* to = args_.selected + (layer * rows_ + row) * args_.selected_words;
      if (position >= c_.index_topk) {
        std::copy_n(b_.selection.words + row * b_.selection.ld, words, to);
      } else {
        std::fill_n(to, words, ~0u);
        to[words - 1] >>= words * kernels::kPageTokens - (position + 1);
      }
    });
  }

  // Grouped-query attention. Rounding points: the rotated queries and keys, the values, and what was
  // attended; biases and head norms stay fp32. Ends without a barrier.
  void grouped_attention(const LayerWeights& w, std::int64_t layer) {
    const std::int64_t hidden = c_.hidden_size, dim = c_.head_dim, query = c_.query_width(), cached = c_.cache_width(), keys = cached / 2;
    norm(w.attention_norm);
    kernels::gemm(ctx_, b_.normed, hidden, rows_, w.query_in, b_.query, query);
    kernels::gemm(ctx_, b_.normed, hidden, rows_, w.cache_in, b_.latent, cached);
    ctx_.barrier();
    // From here to the cache each thread keeps to its own rows.
    if (!w.query_bias.empty()) {
      kernels::add_bias(ctx_, w.query_bias.data(), rows_, query, b_.query, query);
      kernels::add_bias(ctx_, w.cache_bias.data(), rows_, cached, b_.latent, cached);
    }
    if (!w.query_norm.empty()) {
      norm_heads(b_.query, query, query, w.query_norm);
      norm_heads(b_.latent, cached, keys, w.key_norm);
    }
    kernels::apply_rope(ctx_, b_.query, query, dim, rows_, c_.num_attention_heads, b_.positions, m_.rope, kernels::RopeLayout::kHalfSplit,
                        b_.attention_query, query, dim);
    kernels::apply_rope(ctx_, b_.latent, cached, dim, rows_, c_.num_key_value_heads, b_.positions, m_.rope, kernels::RopeLayout::kHalfSplit,
                        b_.cache_row, cached, dim);
    kernels::round_to_bf16(ctx_, b_.latent + keys, cached, rows_, keys, b_.cache_row + keys, cached);
    const kernels::KvPages pages = pages_of(layer);
    write_cache(pages);
    ctx_.barrier();
    kernels::attention(ctx_, b_.attention_query, {b_.slices, static_cast<std::size_t>(b_.slice_count)},
                       kernels::AttentionShape::grouped(c_.num_attention_heads, c_.num_key_value_heads, c_.head_dim), c_.softmax_scale(), pages,
                       b_.attended);
    ctx_.barrier();
    kernels::gemm(ctx_, b_.attended, query, rows_, w.output, b_.x, hidden, Store::kAdd);
  }

  // The heads of this thread's rows, in place: each on its own, or all of a row as one vector.
  void norm_heads(float* x, std::int64_t ldx, std::int64_t width, const std::vector<float>& weight) {
    const auto [begin, end] = ctx_.share(rows_);
    const std::int64_t dim = static_cast<std::int64_t>(weight.size());
    for (std::int64_t row = begin; row < end; ++row)
      kernels::rms_norm(Ctx{}, x + row * ldx, dim, width / dim, dim, weight.data(), static_cast<float>(c_.rms_norm_eps), nullptr, 0, x + row * ldx, dim);
  }

  kernels::KvPages pages_of(std::int64_t layer) const {
    const std::int64_t width = c_.cache_width();
    return {args_.kv.data + layer * args_.kv.pages * kernels::kPageTokens * width, width};
  }

  void write_cache(const kernels::KvPages& pages) {
    const auto [begin, end] = ctx_.share(rows_);
    for (std::int64_t row = begin; row < end; ++row)
      std::memcpy(pages.data + b_.cache_rows[row] * pages.width, b_.cache_row + row * pages.width, static_cast<std::size_t>(pages.width) * sizeof(bf16));
  }

  // out (=|+=) down(swiglu(gate_up(normed))). Ends without a barrier.
  void swiglu(const kernels::Expert& ffn, float* out, Store store) {
    const std::int64_t width = ffn.down.k();
    kernels::gemm(ctx_, b_.normed, c_.hidden_size, rows_, ffn.gate_up, b_.gate_up, 2 * width);
    ctx_.barrier();
    kernels::swiglu(ctx_, b_.gate_up, rows_, width, b_.activated);
    ctx_.barrier();
    kernels::gemm(ctx_, b_.activated, width, rows_, ffn.down, out, c_.hidden_size, store);
  }

  void dense(const LayerWeights& w) {
    norm(w.ffn_norm);
    swiglu(w.ffn, b_.x, Store::kAdd);
  }

  void moe(const LayerWeights& w, std::int64_t moe_layer) {
    const std::int64_t k = c_.num_experts_per_tok, at = moe_layer * rows_ * k;
    norm(w.ffn_norm, b_.normed_full);
    kernels::gemm_f32(ctx_, b_.normed_full, c_.hidden_size, rows_, w.router, b_.logits, c_.n_routed_experts);
    if (c_.n_shared_experts > 0) {
      swiglu(w.ffn, b_.ffn_out, Store::kSet);
    } else {
      clear(b_.ffn_out);
      ctx_.barrier();
    }
    // The logits are complete: both ways passed a barrier.
    kernels::gate(ctx_, b_.logits, rows_, w.selection_bias.empty() ? nullptr : w.selection_bias.data(), c_.gate(), args_.forced_experts ? b_.forced + at : nullptr,
                          b_.routed + at, b_.gate_weights);
    ctx_.barrier();
    kernels::moe_experts(ctx_, b_.normed, rows_, w.experts, b_.routed + at, b_.gate_weights, static_cast<int>(k), b_.moe_scratch, b_.ffn_out);
    ctx_.barrier();
    kernels::add_rows(ctx_, b_.ffn_out, c_.hidden_size, rows_, c_.hidden_size, b_.x, c_.hidden_size);
  }

  void clear(float* x) {
    const auto [begin, end] = ctx_.share(rows_);
    std::fill(x + begin * c_.hidden_size, x + end * c_.hidden_size, 0.0f);
  }

  void head() {
    norm(m_.final_norm);
    kernels::lm_head(ctx_, b_.normed, c_.hidden_size, m_.head, c_.sampled_ids(), args_.head_rows, b_.head_scratch, args_.head_results);
  }

  const Ctx& ctx_;
  const Model& m_;
  const Config& c_;
  Workspace::Buffers& b_;
  const ForwardArgs& args_;
  std::int64_t rows_ = 0;
};

}  // namespace

void check_batch(const Model& model, const ForwardArgs& args) {
  const Config& c = model.config;
  std::int64_t rows = 0;
  for (const Slice& slice : args.slices) {
    if (slice.count < 0 || slice.position < 0 || std::int64_t{slice.position} + slice.count > c.max_position_embeddings)
      throw Error(fmt::format("a sequence of {} tokens is longer than max_position_embeddings = {}", std::int64_t{slice.position} + slice.count,
                              c.max_position_embeddings));
    for (std::int32_t i = 0; i < slice.count; ++i)
      if (slice.tokens[i] < 0 || slice.tokens[i] >= c.vocab_size)
        throw Error(fmt::format("token id {} is outside the vocabulary of {}", slice.tokens[i], c.vocab_size));
    const std::int32_t pages = slice.count == 0 ? 0 : (slice.position + slice.count + kernels::kPageTokens - 1) / kernels::kPageTokens;
    for (std::int32_t p = 0; p < pages; ++p)
      if (slice.pages[p] < 0 || slice.pages[p] >= args.kv.pages) throw Error(fmt::format("page {} is outside the cache of {} pages", slice.pages[p], args.kv.pages));
    if (args.selected && slice.count > 0 && args.selected_words < selection_words(slice.position + slice.count))
      throw Error(fmt::format("selected_words = {} cannot hold the positions of a sequence of {} tokens", args.selected_words, slice.position + slice.count));
    rows += slice.count;
  }
  for (const kernels::HeadRow& head : args.head_rows)
    if (head.row < 0 || head.row >= rows) throw Error(fmt::format("head row {} is outside the batch of {} rows", head.row, rows));
  kernels::check_head_rows(args.head_rows, c.sampled_ids());
  if (args.forced_experts)
    for (std::int64_t i = 0; i < rows * c.moe_layers() * c.num_experts_per_tok; ++i)
      if (args.forced_experts[i] >= c.n_routed_experts)
        throw Error(fmt::format("forced expert {} is outside the {} experts", args.forced_experts[i], c.n_routed_experts));
}

void forward(const Ctx& ctx, const Model& model, Workspace& workspace, const ForwardArgs& args) { Pass(ctx, model, workspace, args).run(); }

void forward(ThreadTeam& team, const Model& model, Workspace& workspace, const ForwardArgs& args) {
  check_batch(model, args);
  std::int64_t rows = 0;
  for (const Slice& slice : args.slices) rows += slice.count;
  if (rows == 0) return;
  workspace.reserve(model.config, rows, static_cast<std::int64_t>(args.head_rows.size()));
  team.run([&](const Ctx& ctx) { forward(ctx, model, workspace, args); });
}

}  // namespace laconic::model
