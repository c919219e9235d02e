// What every run of a launcher has in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <linux/filter.h>

namespace laconic::sandbox {

using Filter = std::vector<sock_filter>;  // of seccomp

struct Policy {
  char level = 'B';
  int landlock = 0;                       // the kernel's ABI version; 0: not there
  Filter without_internet, with_internet;
};

std::string encode(const Policy& policy);  // between our own processes
std::optional<Policy> decode_policy(std::string_view bytes);

}  // namespace laconic::sandbox
