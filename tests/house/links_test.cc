// What the binaries load: no torch in laconic, no GPL library in either.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace {

std::string ldd(const std::string& name) {
  const char* build = std::getenv("LACONIC_BUILD");
  if (!build) return {};
  const std::filesystem::path binary = std::filesystem::path(build) / name;
  if (!std::filesystem::exists(binary)) return {};
  std::string text;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("ldd " + binary.string()).c_str(), "r"), pclose);
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe.get())) text += buffer.data();
  return text;
}

// Exact algebra aborts on hostile input and loads a GPL library: it stays in `laconic-algebra`.
constexpr const char* kAlgebra[] = {"libflint", "libcalcium", "libarb", "libantic", "libmpfr", "libgmp"};
constexpr const char* kGpl[] = {"libreadline", "libginac", "libcln", "libgiac", "libpari", "libgf2x", "libntl", "libgsl", "libfftw"};

TEST(House, LaconicLoadsNoTorchAndNoGpl) {
  const std::string libraries = ldd("laconic");
  if (libraries.empty()) GTEST_SKIP() << "build/laconic is not there: run under ctest after a full build";
  for (const char* name : {"libtorch", "libc10", "libcuda"}) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  for (const char* name : kAlgebra) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  for (const char* name : kGpl) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find("not found"), std::string::npos) << libraries;
}

TEST(House, SandboxLauncherLoadsLittle) {
  const std::string libraries = ldd("laconic-sandbox");
  if (libraries.empty()) GTEST_SKIP() << "build/laconic-sandbox is not there: run under ctest after a full build";
  for (const char* name : {"libtorch", "libzmq", "libsqlite3", "libboost"}) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  for (const char* name : kAlgebra) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  for (const char* name : kGpl) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find("not found"), std::string::npos) << libraries;
}

TEST(House, LearnerLoadsNoGpl) {
  const std::string libraries = ldd("laconic-learner");
  if (libraries.empty()) GTEST_SKIP() << "build/laconic-learner is not there (a build without torch)";
  EXPECT_NE(libraries.find("libtorch_cpu"), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find("libtorch_cuda"), std::string::npos) << libraries;
  for (const char* name : kAlgebra) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  for (const char* name : kGpl) EXPECT_EQ(libraries.find(name), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find("not found"), std::string::npos) << libraries;
}

}  // namespace
