#include <string>

#include "base/error.h"
#include "kernels/moe.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

namespace {

constexpr float kDropped = -__builtin_inff();

// Index of the largest value not yet taken; ties to the lower index. At least one is free.
int largest_free(const float* values, int n, const bool* taken) {
  int best = -1;
  for (int i = 0; i < n; ++i)
    if (!taken[i] && (best < 0 || values[i] > values[best])) best = i;
  return best;
}

// Sets the biased scores of all but the kept groups to −inf.
void drop_groups(float* biased, const GateShape& shape) {
  float score[kMaxExperts];
  bool kept[kMaxExperts] = {};
  const int size = shape.experts / shape.groups;
  for (int g = 0; g < shape.groups; ++g) {
    float first = kDropped, second = kDropped;
    for (int i = g * size; i < (g + 1) * size; ++i) {
      if (biased[i] > first) {
        second = first;
        first = biased[i];
      } else if (biased[i] > second) {
        second = biased[i];
      }
    }
    score[g] = shape.group_best > 1 && size > 1 ? first + second : first;
  }
  for (int i = 0; i < shape.kept_groups; ++i) kept[largest_free(score, shape.groups, kept)] = true;
  for (int e = 0; e < shape.groups * size; ++e)
    if (!kept[e / size]) biased[e] = kDropped;
}

void select(const float* s, const float* bias, const GateShape& shape, std::uint16_t* ids) {
  float biased[kMaxExperts];
  bool taken[kMaxExperts];
  for (int e = 0; e < shape.experts; ++e) {
    biased[e] = bias ? s[e] + bias[e] : s[e];
    taken[e] = false;
  }
  if (shape.groups > 1) drop_groups(biased, shape);
  for (int slot = 0; slot < shape.top_k; ++slot) {
    const int e = largest_free(biased, shape.experts, taken);
    taken[e] = true;
    ids[slot] = static_cast<std::uint16_t>(e);
  }
}

void softmax(const float* logits, int n, float* s) {
  float max = logits[0], sum = 0;
  for (int e = 1; e < n; ++e) max = logits[e] > max ? logits[e] : max;
  for (int e = 0; e < n; ++e) s[e] = logits[e] - max;
  ops().exp_row(s, n, s);
  for (int e = 0; e < n; ++e) sum += s[e];
  for (int e = 0; e < n; ++e) s[e] /= sum;
}

}  // namespace

void gate(const Ctx& ctx, const float* logits, std::int64_t rows, const float* bias, const GateShape& shape,
          const std::uint16_t* forced, std::uint16_t* ids, float* weights) {
  if (shape.experts > kMaxExperts)
    throw Error(std::to_string(shape.experts) + " routed experts exceed " + std::to_string(kMaxExperts));
  const auto [begin, end] = ctx.share(rows);
  float s[kMaxExperts];
  for (std::int64_t r = begin; r < end; ++r) {
    if (shape.score == GateScore::kSigmoid) ops().sigmoid_row(logits + r * shape.experts, shape.experts, s);
    else softmax(logits + r * shape.experts, shape.experts, s);
    std::uint16_t* row_ids = ids + r * shape.top_k;
    float* row_weights = weights + r * shape.top_k;
    if (forced)
      for (int slot = 0; slot < shape.top_k; ++slot) row_ids[slot] = forced[r * shape.top_k + slot];
    else
      select(s, bias, shape, row_ids);
    float sum = 0;
    for (int slot = 0; slot < shape.top_k; ++slot) sum += s[row_ids[slot]];
    const float denominator = sum + 1e-20f;
    for (int slot = 0; slot < shape.top_k; ++slot) {
      const float weight = s[row_ids[slot]];
      row_weights[slot] = (shape.normalise ? weight / denominator : weight) * shape.scaling;
    }
  }
}

}  // namespace laconic::kernels
