#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

TEST(Isa, PrintsTheLevelsThatThisMachineCannotExecute) {
  const std::vector<Isa> levels = executable_isas();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.front(), Isa::kScalar);
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512})
    if (std::find(levels.begin(), levels.end(), isa) == levels.end())
      std::cout << "not executable here, not tested: " << name_of(isa) << "\n";
}

TEST(Isa, NamesRoundTrip) {
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) EXPECT_EQ(isa_named(name_of(isa)), isa);
}

TEST(Isa, AnUnknownNameSuggestsTheNearest) {
  try {
    isa_named("avx513");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("avx513"), std::string::npos);
    EXPECT_NE(error.next().find("avx512"), std::string::npos);
  }
}

TEST(Isa, ForcingALevelChangesTheActiveOne) {
  for (Isa isa : executable_isas()) {
    const ForcedIsa forced(isa);
    EXPECT_EQ(active_isa(), isa);
  }
}

// A weak symbol in a file built for one instruction set could be the linker's choice for everyone.
TEST(Isa, FilesOfOneLevelExportNothingButTheirTable) {
  const char* build = std::getenv("LACONIC_BUILD");
  if (!build) GTEST_SKIP() << "LACONIC_BUILD is not set (ctest sets it)";
  const std::string command = "nm -AC '" + std::string(build) + "/kernels/liblaconic_kernels.a' 2>/dev/null";
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 4096> line{};
  int tables = 0;
  while (std::fgets(line.data(), line.size(), pipe)) {
    const std::string text = line.data();  // archive:member:address kind name
    const std::size_t member = text.find(":ops_avx");
    if (member == std::string::npos) continue;
    const std::size_t kind = text.find(' ', text.find(".o:", member) + 3 + 16) + 1;
    ASSERT_LT(kind, text.size()) << text;
    const bool table = text.find("laconic::kernels::kOpsAvx") != std::string::npos;
    if (table) ++tables;
    else EXPECT_EQ(std::string("TWVuvi").find(text[kind]), std::string::npos) << text;
  }
  pclose(pipe);
#ifdef LACONIC_X86_KERNELS
  EXPECT_EQ(tables, 2) << "is nm installed?";
#endif
}

}  // namespace
}  // namespace laconic::kernels
