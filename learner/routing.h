// Which rows go to which expert, and where each lies once sorted by expert.
#pragma once

#include <cstdint>
#include <vector>

namespace laconic::learner {

struct RoutePlan {
  std::int64_t tokens = 0;
  int top_k = 0, experts = 0;
  std::vector<std::int32_t> token_of;   // [tokens·top_k], sorted position → token
  std::vector<std::int32_t> place_of;   // [tokens·top_k], (token, slot) → sorted position
  std::vector<std::int32_t> offsets;    // [experts + 1]: expert e owns sorted positions [e, e + 1)
  std::vector<std::int32_t> largest_first;  // experts by descending load: the order work is handed out
};

// ids: (token t, slot s) is ids[t · stride + s]. Stable: an expert's rows stay in (token, slot) order.
RoutePlan plan_routes(const std::uint16_t* ids, std::int64_t stride, std::int64_t tokens, int top_k, int experts);

}  // namespace laconic::learner
