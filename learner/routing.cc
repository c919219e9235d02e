#include "learner/routing.h"

#include <algorithm>
#include <numeric>

namespace laconic::learner {

RoutePlan plan_routes(const std::uint16_t* ids, std::int64_t stride, std::int64_t tokens, int top_k, int experts) {
  RoutePlan plan{tokens, top_k, experts, {}, {}, {}, {}};
  const std::size_t pairs = static_cast<std::size_t>(tokens) * top_k;
  plan.token_of.resize(pairs);
  plan.place_of.resize(pairs);
  plan.offsets.assign(experts + 1, 0);
  for (std::int64_t t = 0; t < tokens; ++t)
    for (int s = 0; s < top_k; ++s) ++plan.offsets[ids[t * stride + s] + 1];
  std::partial_sum(plan.offsets.begin(), plan.offsets.end(), plan.offsets.begin());
  std::vector<std::int32_t> next(plan.offsets.begin(), plan.offsets.end() - 1);
  for (std::int64_t t = 0; t < tokens; ++t)
    for (int s = 0; s < top_k; ++s) {
      const std::int32_t place = next[ids[t * stride + s]]++;
      plan.token_of[place] = static_cast<std::int32_t>(t);
      plan.place_of[t * top_k + s] = place;
    }
  plan.largest_first.resize(experts);
  std::iota(plan.largest_first.begin(), plan.largest_first.end(), 0);
  const auto load = [&](std::int32_t e) { return plan.offsets[e + 1] - plan.offsets[e]; };
  std::stable_sort(plan.largest_first.begin(), plan.largest_first.end(), [&](auto a, auto b) { return load(a) > load(b); });
  return plan;
}

}  // namespace laconic::learner
