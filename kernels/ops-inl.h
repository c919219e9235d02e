// Everything of one instruction-set level; the file that includes it has chosen its F16 first.

#include "kernels/op_table.h"
#include "kernels/math-inl.h"
#include "kernels/rows-inl.h"
#include "kernels/gemm-inl.h"
#include "kernels/attention-inl.h"
#include "kernels/sparse-inl.h"
#include "kernels/head-inl.h"

namespace laconic::kernels {
namespace {

constexpr OpTable kOps = {
    .gemm = gemm_op,
    .round_row = round_row_op,
    .add_row = add_row_op,
    .fma_row = fma_row_op,
    .norm_row = norm_row_op,
    .layer_norm_row = layer_norm_row_op,
    .rope_vector = rope_vector_op,
    .swiglu_row = swiglu_row_op,
    .sigmoid_row = sigmoid_row_op,
    .exp_row = exp_row_op,
    .log_row = log_row_op,
    .attention = attention_op,
    .sparse_attention = sparse_attention_op,
    .index_page = index_page_op,
    .vocab_block = vocab_block_op,
    .vocab_merge = vocab_merge_op,
    .vocab_finish = vocab_finish_op,
};

}  // namespace
}  // namespace laconic::kernels
