// Numbers as people read them. An absent value is "–", never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace laconic::cli {

std::string percent(std::optional<double> share);             // 0.614 → "61.4 %"
std::string fixed(std::optional<double> value, int digits);   // "0.410"
std::string signed_fixed(double value, int digits);           // "+0.05"
std::string short_count(double value);                        // 38123 → "38.1k"
std::string megabytes(double bytes);                          // "12.3 MB", "4.1 GB"
std::string ago(double seconds);                              // "3 min", "2 h", "5 d"

}  // namespace laconic::cli
