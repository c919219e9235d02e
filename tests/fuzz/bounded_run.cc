// Runs a fuzz target without libFuzzer: every committed seed (tests/fuzz/seeds/NAME/*), then seeded
// mutations of them, the same ones each time. LACONIC_FUZZ_RUNS sets how many (default 2,000).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/philox.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace laconic {
namespace {

void run(const std::string& bytes) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()); }

// One to eight edits: a byte changed, a piece cut, doubled or moved in from another seed.
std::string mutated(const std::vector<std::string>& seeds, PhiloxStream& random) {
  const auto below = [&](std::size_t n) { return n ? std::size_t{random.below(static_cast<std::uint32_t>(n))} : 0; };
  std::string text = seeds[below(seeds.size())];
  for (std::size_t edits = 1 + below(8); edits > 0; --edits) {
    const std::size_t at = below(text.size() + 1), length = std::min(text.size() - at, 1 + below(16));
    switch (below(5)) {
      case 0: if (at < text.size()) text[at] = static_cast<char>(below(256)); break;
      case 1: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(at, text.substr(at, length)); break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        const std::size_t from = below(other.size() + 1);
        text.insert(at, other.substr(from, 1 + below(32)));
      }
    }
  }
  return text;
}

TEST(Fuzz, BoundedRun) {
  const char* source = std::getenv("LACONIC_SOURCE");
  const fs::path folder = fs::path(source ? source : ".") / "tests/fuzz/seeds" / LACONIC_FUZZ_NAME;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const fs::path& file : files) seeds.push_back(read_file(file));
  ASSERT_FALSE(seeds.empty()) << folder;
  for (const std::string& seed : seeds) run(seed);
  run("");
  const char* wanted = std::getenv("LACONIC_FUZZ_RUNS");
  PhiloxStream random(0x66757A7A, 0);
  for (int left = wanted ? std::atoi(wanted) : 2000; left > 0; --left) run(mutated(seeds, random));
}

}  // namespace
}  // namespace laconic
