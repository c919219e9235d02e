// The unit of reading: one prompt and its samples, side by side, best first.
#pragma once

#include <map>
#include <string>

#include "cli/terminal.h"
#include "trajectory/record.h"

namespace laconic::cli {

// texts: response text by sample number. `width` 0: nothing is shortened.
std::string group_view(const trajectory::Group& group, const std::map<int, std::string>& texts, int width, const Style& style);

// Why a sample is not in the loss, in two or three words; empty when it is.
std::string why_not_in_loss(const trajectory::Trajectory& sample, bool group_has_signal);

}  // namespace laconic::cli
