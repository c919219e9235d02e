#include "sandbox/landlock.h"

#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/inside.h"

namespace laconic::sandbox {
namespace {

// The kernel's interface, spelt out because the headers of older systems stop at version 1 or 2.
struct RulesetAttributes {
  std::uint64_t fs, net, scoped;
};
struct __attribute__((packed)) PathAttributes {
  std::uint64_t access;
  std::int32_t parent;
};
constexpr unsigned kVersionFlag = 1, kRulePathBeneath = 1;
constexpr std::uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3;
constexpr std::uint64_t kTruncate = 1 << 14, kIoctlDevice = 1 << 15;

std::uint64_t all_file_rights(int abi) {
  const int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;
  return (std::uint64_t{1} << bits) - 1;
}

bool allow(int ruleset, const char* path, std::uint64_t access) {
  const int directory = open(path, O_PATH | O_CLOEXEC);
  if (directory < 0) return false;
  const PathAttributes rule{access, directory};
  const bool done = syscall(SYS_landlock_add_rule, ruleset, kRulePathBeneath, &rule, 0) == 0;
  close(directory);
  return done;
}

}  // namespace

int landlock_abi() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  return version > 0 ? static_cast<int>(version) : 0;
}

const char* landlock_restrict(int abi, bool internet) {
  if (abi == 0) return nullptr;
  const std::uint64_t all = all_file_rights(abi);
  const RulesetAttributes attributes{all, internet ? 0u : 3u, 3u};
  const std::size_t size = abi >= 6 ? sizeof attributes : abi >= 4 ? offsetof(RulesetAttributes, scoped) : offsetof(RulesetAttributes, net);
  const int ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  if (ruleset < 0) return "landlock_create_ruleset";
  const char* failed = nullptr;
  if (!allow(ruleset, "/", kExecute | kReadFile | kReadDir)) failed = "landlock_add_rule /";
  else if (!allow(ruleset, "/dev", (kReadFile | kWriteFile | kReadDir | kTruncate | kIoctlDevice) & all)) failed = "landlock_add_rule /dev";
  else if (!allow(ruleset, kBox, all)) failed = "landlock_add_rule /box";
  else if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) failed = "landlock_restrict_self";
  close(ruleset);
  return failed;
}

}  // namespace laconic::sandbox
