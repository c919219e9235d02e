// SmolLM2-135M-Instruct as a GGUF file, for slow tests: $LACONIC_SMOLLM2, or what
// tests/golden/real_vocabularies.py left in the cache.
#pragma once

#include <cstdlib>

#include "tests/e2e/harness.h"

namespace laconic::e2e {

// Empty where there is none.
inline fs::path smollm2() {
  const auto environment = [](const char* name, const std::string& fallback) {
    const char* value = std::getenv(name);
    return value && *value ? std::string(value) : fallback;
  };
  const std::string cache = environment("XDG_CACHE_HOME", environment("HOME", "/tmp") + "/.cache") + "/laconic/vocabularies";
  const fs::path file = environment("LACONIC_SMOLLM2", environment("LACONIC_VOCABULARIES", cache) + "/smollm2/model.gguf");
  return fs::exists(file) ? file : fs::path();
}

inline constexpr const char* kNoSmolLm2 =
    "there is no SmolLM2-135M-Instruct: name its GGUF file by LACONIC_SMOLLM2, or run tests/golden/real_vocabularies.py";

}  // namespace laconic::e2e
