// The one table of rotations of a model: the forward pass and the gradient read the same values.
#pragma once

#include "kernels/rope.h"
#include "model/config.h"

namespace laconic::model {

// Cosines and sines of positions [0, positions) with the scaling that the configuration names:
// none, YaRN's or llama3's.
kernels::RopeTable rope_table(const Config& config, std::int64_t positions);

}  // namespace laconic::model
