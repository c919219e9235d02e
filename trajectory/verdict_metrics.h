// The named numbers beside a verdict, as the store's JSON text.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace laconic::trajectory {

using VerdictMetrics = std::vector<std::pair<std::string, double>>;

std::string encode_metrics(const VerdictMetrics& metrics);  // an object, in order

// Empty text: none. Throws Error naming `where` for anything that is no object of numbers.
VerdictMetrics decode_metrics(const std::string& text, const std::string& where);

}  // namespace laconic::trajectory
