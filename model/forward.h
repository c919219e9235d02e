// THE forward pass: rollout, scoring and every evaluation go through this function and no other.
//
// A token's value (its hidden state, log-prob, entropy, routing) is the same bits whatever else is
// in the batch, however the sequence was chunked, whichever thread did it: prefill = decode = score.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_team.h"
#include "kernels/attention.h"
#include "kernels/head.h"
#include "model/config.h"
#include "model/weights/tensor.h"

namespace laconic::model {

// Packed, immutable weights of one version. Thread-safe to share.
class Model;
using ModelPtr = std::shared_ptr<const Model>;

// Packs weights; throws Error listing missing and surplus tensors, and wrong shapes or types.
ModelPtr pack_model(const Config& config, const TensorMap& tensors);
const Config& config_of(const Model& model);
std::size_t packed_bytes(const Model& model);

// The latent cache: one array, [layer][page][kPageTokens][row_elements], zeroed by its owner when a
// page is taken. The caller (rollout's page pool, or the learner's scratch pool) owns the memory.
struct KvCache {
  bf16* data = nullptr;
  std::int64_t pages = 0;
};
std::int64_t kv_row_elements(const Config& config);                 // per token and layer
std::size_t kv_bytes(const Config& config, std::int64_t pages);     // of the whole array

// Words that hold one bit per position of `positions`, in ForwardArgs::selected.
constexpr std::int64_t selection_words(std::int64_t positions) { return (positions + kernels::kPageTokens - 1) / kernels::kPageTokens; }

// `count` new tokens of one sequence, at absolute positions position … position+count−1.
// pages[i] holds positions [32i, 32i+32); the table must cover position + count.
struct Slice {
  const std::int32_t* tokens = nullptr;
  std::int32_t count = 0;
  std::int32_t position = 0;
  const std::int32_t* pages = nullptr;
};

struct ForwardArgs {
  std::span<const Slice> slices;                    // rows of the batch: slices in order, tokens in order
  KvCache kv;
  std::span<const kernels::HeadRow> head_rows;      // may be empty; .row counts batch rows
  kernels::HeadResult* head_results = nullptr;      // one per head row

  // Routing: [rows][moe_layers][top_k] uint16, each may be null. `forced` replaces the selection
  // (gate weights still come from the current logits); `routed` receives the ids used.
  const std::uint16_t* forced_experts = nullptr;
  std::uint16_t* routed_experts = nullptr;

  // Sparse attention; when set: receives which positions each query attended to, [layers][rows][selected_words]:
  // bit i of word w is position 32 w + i. Words beyond the query's own position stay as they are; so
  // does everything in models without it.
  std::uint32_t* selected = nullptr;
  std::int64_t selected_words = 0;                  // at least selection_words of the longest sequence

  // When set: receives the residual stream entering each block, fp32
  // [2·layers + 1][rows][hidden]: attention of layer 0, FFN of layer 0, …, head.
  float* block_inputs = nullptr;
};

// Scratch memory reused between calls; grows on the calling thread before the job starts.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  // Makes room for a batch of `rows` tokens with `head_rows` head rows. Call before team.run().
  void reserve(const Config& config, std::int64_t rows, std::int64_t head_rows);
  struct Buffers;
  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

// Throws Error when the arguments do not fit the model: token ids, positions, pages, head rows and
// their sampling settings, forced experts. Call it before a job that calls forward(): inside one an
// exception ends the process.
void check_batch(const Model& model, const ForwardArgs& args);

// Every thread of the team calls it with the same arguments; returns with a barrier passed.
// Allocates nothing; does not throw for arguments that check_batch accepts.
void forward(const Ctx& ctx, const Model& model, Workspace& workspace, const ForwardArgs& args);

// Convenience for callers outside a job: checks, reserves, runs the job on the team.
void forward(ThreadTeam& team, const Model& model, Workspace& workspace, const ForwardArgs& args);

}  // namespace laconic::model
