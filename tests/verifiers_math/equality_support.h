// The helper for tests: the one of this build, or none when it was not built.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace laconic::verifiers::math::test {

inline std::string built_helper() {
  const char* build = std::getenv("LACONIC_BUILD");
  const std::string path = build ? std::string(build) + "/laconic-algebra" : std::string();
  return !path.empty() && access(path.c_str(), X_OK) == 0 ? path : std::string();
}

// Before the shared client is made: at static initialisation.
inline const bool helper_named = [] {
#ifdef LACONIC_WITHOUT_ALGEBRA
  setenv("LACONIC_ALGEBRA", "", 1);
#else
  setenv("LACONIC_ALGEBRA", built_helper().c_str(), 1);
#endif
  return true;
}();

}  // namespace laconic::verifiers::math::test
