// Shared by the kernel tests: seeded data, and running one piece of work at every executable
// instruction-set level and with 1, 2 and 3 threads, which must all give the same bits.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/philox.h"
#include "base/thread_team.h"
#include "kernels/bf16.h"
#include "kernels/isa.h"

namespace laconic::kernels {

inline float random_float(PhiloxStream& stream, float scale = 1) {
  return static_cast<float>((2 * stream.uniform() - 1) * scale);
}
inline std::vector<float> random_floats(std::size_t n, std::uint64_t seed, float scale = 1) {
  PhiloxStream stream(seed, 0);
  std::vector<float> values(n);
  for (float& v : values) v = random_float(stream, scale);
  return values;
}
inline std::vector<bf16> random_bf16(std::size_t n, std::uint64_t seed, float scale = 1) {
  PhiloxStream stream(seed, 1);
  std::vector<bf16> values(n);
  for (bf16& v : values) v = to_bf16(random_float(stream, scale));
  return values;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}
inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

// Restores the level that was active.
class ForcedIsa {
 public:
  explicit ForcedIsa(Isa isa) : before_(active_isa()) { force_isa(isa); }
  ~ForcedIsa() { force_isa(before_); }

 private:
  Isa before_;
};

// Runs `work` in a team; it must leave its result where `result` reads it. Every level and thread
// count must agree with the scalar level in one thread; returns that result.
inline std::string same_everywhere(const std::function<void(const Ctx&)>& work, const std::function<std::string()>& result) {
  std::string reference;
  for (Isa isa : executable_isas()) {
    const ForcedIsa forced(isa);
    for (int threads : {1, 2, 3}) {
      ThreadTeam team(threads);
      team.run(work);
      const std::string bytes = result();
      if (reference.empty()) reference = bytes;
      EXPECT_TRUE(bytes == reference) << "other bits at " << name_of(isa) << " with " << threads << " threads";
    }
  }
  return reference;
}

}  // namespace laconic::kernels
