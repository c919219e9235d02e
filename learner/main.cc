// laconic-learner: the one executable that links torch. Started by `laconic train`.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "learner/gradient.h"
#include "learner/role.h"
#include "wire/connection.h"

namespace {

constexpr const char* kUsage =
    "usage: laconic-learner role learner --endpoint ENDPOINT --identity NAME\n"
    "       laconic-learner --version | --help\n\n"
    "The learner role of a run: takes batches from the hub at ENDPOINT, publishes weights.\n"
    "`laconic train` starts it, with the numerical environment of the run's fingerprint.\n";

// Bits of a matrix product depend on MKL's code path: it is part of a run's fingerprint, and must
// stand in the environment before the library is loaded.
void require_fingerprint() {
  if (std::getenv("MKL_CBWR")) return;
  throw laconic::Error("MKL_CBWR is not set: results would depend on the machine", "laconic-learner",
                       "start it with `laconic train RECIPE`, or by hand as MKL_CBWR=AVX512,STRICT laconic-learner …");
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--version") {
    std::printf("laconic-learner %s torch %s\n", LACONIC_VERSION, laconic::learner::torch_facts().version.c_str());
    return laconic::kExitOk;
  }
  if (words.size() == 1 && words[0] == "--help") {
    std::fputs(kUsage, stdout);
    return laconic::kExitOk;
  }
  std::string endpoint, identity;
  bool understood = words.size() == 6 && words[0] == "role" && words[1] == "learner";
  for (std::size_t i = 2; understood && i < words.size(); i += 2) {
    if (words[i] == "--endpoint") endpoint = words[i + 1];
    else if (words[i] == "--identity") identity = words[i + 1];
    else understood = false;
  }
  if (!understood || endpoint.empty() || identity.empty()) {
    std::fputs(kUsage, stderr);
    return laconic::kExitUsage;
  }
  require_fingerprint();
  laconic::wire::Context context;
  laconic::learner::serve(context, endpoint, identity);
  return laconic::kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const laconic::Error& error) {
    std::fprintf(stderr, "%s\n", laconic::render(error).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  return laconic::kExitRuntime;
}
