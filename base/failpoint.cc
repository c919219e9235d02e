#include "base/failpoint.h"

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace laconic {
namespace {

struct Armed {
  std::string name;
  std::atomic<long> left{0};

  Armed() {
    const char* text = std::getenv(kFailpointVariable);
    if (!text) return;
    name = text;
    left = 1;
    if (const std::size_t colon = name.rfind(':'); colon != std::string::npos) {
      left = std::strtol(name.c_str() + colon + 1, nullptr, 10);
      name.resize(colon);
    }
  }
};

}  // namespace

void failpoint(const char* name) {
  static Armed armed;
  if (armed.name.empty() || armed.name != name) return;
  if (armed.left.fetch_sub(1) == 1) ::raise(SIGKILL);
}

}  // namespace laconic
