// Compiling: the precompiled header is made once and found again, and never decides about a program.
#include "verifiers/code/compile.h"

#include <filesystem>
#include <thread>

#include "tests/verifiers_code/cases.h"
#include "verifiers/code/precompiled.h"

namespace laconic::verifiers::code {
namespace {

using Result = Compiled::Result;

class Compiling : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "laconic-precompiled";
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static sandbox::Sandbox& sandbox() {
    static sandbox::Sandbox made;
    return made;
  }
  std::filesystem::path folder_;
  std::vector<Language> languages_ = load_languages((test_folder() / "languages_precompiled").string());
  const Language& tiny_ = *find_language(languages_, "tiny");
};

TEST_F(Compiling, TheHeaderIsMadeOnceAndFoundAgain) {
  Compiler first(sandbox(), folder_.string());
  const Compiled made = first.compile(tiny_, "#include <cstring>\nint main() { return std::strlen(\"\"); }\n");
  ASSERT_EQ(made.result, Result::kProgram) << made.message;
  EXPECT_TRUE(made.precompiled);
  EXPECT_GT(made.program->size(), 0);
  const std::filesystem::path header = first.precompiled(tiny_);
  const auto time = std::filesystem::last_write_time(header);
  Compiler second(sandbox(), folder_.string());
  EXPECT_TRUE(second.compile(tiny_, "#include <cstring>\nint main() {}\n").precompiled);
  EXPECT_EQ(second.precompiled(tiny_), header);
  EXPECT_EQ(std::filesystem::last_write_time(header), time);
}

TEST_F(Compiling, WhatComesBeforeTheFirstIncludeDoesNotLoseIt) {
  Compiler compiler(sandbox(), folder_.string());
  for (const char* front : {"#pragma GCC optimize(\"O3\")\n", "#define answer 42\n", "// a comment\n\n", "using size = unsigned long;\n", "#include <vector>\n"}) {
    const Compiled made = compiler.compile(tiny_, front + std::string("#include <cstring>\nint main() { return std::strlen(\"\"); }\n"));
    EXPECT_EQ(made.result, Result::kProgram) << made.message;
    EXPECT_TRUE(made.precompiled) << front;
  }
}

TEST_F(Compiling, AProgramIsJudgedAsItStands) {
  Compiler compiler(sandbox(), folder_.string());
  // Names of the header that the program takes before it includes it: only compiled as it stands is this no error.
  const Compiled taken = compiler.compile(tiny_, "namespace mine { using size_t = long; }\n#ifdef _GLIBCXX_CSTRING\n#error brought in\n#endif\n#include <cstring>\nint main() {}\n");
  EXPECT_EQ(taken.result, Result::kProgram) << taken.message;
  EXPECT_FALSE(taken.precompiled);
  const Compiled without = compiler.compile(tiny_, "#include <cstdio>\nint main() {}\n");
  EXPECT_EQ(without.result, Result::kProgram);
  EXPECT_FALSE(without.precompiled) << "nothing in it gains";
  const Compiled wrong = compiler.compile(tiny_, "#include <cstring>\nint main() { return nothing; }\n");
  EXPECT_EQ(wrong.result, Result::kError);
  EXPECT_NE(wrong.message.find("nothing"), std::string::npos) << wrong.message;
}

TEST_F(Compiling, WithoutAFolderItStillCompiles) {
  std::string why;
  for (const char* folder : {"none", "/proc/nowhere"}) {
    Compiler compiler(sandbox(), folder);
    const Compiled made = compiler.compile(tiny_, "#include <cstring>\nint main() {}\n");
    EXPECT_EQ(made.result, Result::kProgram) << made.message;
    EXPECT_FALSE(made.precompiled);
    EXPECT_EQ(compiler.precompiled(tiny_, &why), "");
    EXPECT_FALSE(why.empty());
  }
}

TEST_F(Compiling, ManyAtOnceMakeOneHeaderAndOneProgram) {
  Compiler one(sandbox(), folder_.string()), two(sandbox(), folder_.string());
  std::vector<Compiled> made(6);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < made.size(); ++i)
      threads.emplace_back([&, i] { made[i] = (i % 2 ? one : two).compile(tiny_, "#include <cstring>\nint main() { return 7; }\n"); });
  }
  for (const Compiled& each : made) EXPECT_TRUE(each.precompiled) << each.message;
  EXPECT_EQ(made[0].program, made[2].program) << "the same program, not one like it";
  EXPECT_EQ(made[1].program, made[5].program);
  int headers = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) headers += entry.is_directory();
  EXPECT_EQ(headers, 1) << "and no half-made one";
}

TEST_F(Compiling, AHalfMadeHeaderOfAKilledBuilderIsReplaced) {
  Compiler first(sandbox(), folder_.string());
  const std::filesystem::path header = first.precompiled(tiny_);
  ASSERT_FALSE(header.empty());
  std::filesystem::rename(header, header.string() + ".making");
  write_file_durably(std::filesystem::path(header.string() + ".making") / "all.h.gch", "cut");
  Compiler second(sandbox(), folder_.string());
  EXPECT_TRUE(second.compile(tiny_, "#include <cstring>\nint main() {}\n").precompiled);
  EXPECT_FALSE(std::filesystem::exists(header.string() + ".making"));
}

TEST_F(Compiling, LimitsEndTheCompiler) {
  Compiler compiler(sandbox(), "none", {1, std::int64_t{512} << 20});
  const Compiled endless = compiler.compile(tiny_, read_file(test_folder() / "attacks/cpp_templates.cpp"));
  EXPECT_EQ(endless.result, Result::kError);
  EXPECT_NE(endless.message.find("the compiler ended by"), std::string::npos) << endless.message;
}

TEST_F(Compiling, LibrariesAreLinkedForTheirHeaders) {
  if (!std::filesystem::exists("/usr/include/zlib.h")) GTEST_SKIP() << "zlib.h is not installed";
  Compiler compiler(sandbox(), "none");
  EXPECT_EQ(compiler.compile(tiny_, "#include <zlib.h>\nint main() { return zlibVersion()[0] == 0; }\n").result, Result::kProgram);
  EXPECT_EQ(compiler.compile(tiny_, "extern \"C\" const char* zlibVersion();\nint main() { return zlibVersion()[0] == 0; }\n").result, Result::kError);
}

TEST(Including, LinesAreReadAsThePreprocessorDoes) {
  EXPECT_EQ(included_by("#include <vector>"), "vector");
  EXPECT_EQ(included_by("  #  include \"a/b.h\" // x"), "a/b.h");
  EXPECT_EQ(included_by("#include<vector>\r"), "vector");
  for (const char* none : {"", "include <vector>", "// #include <vector>", "#include vector", "#include <vector", "#define include <x>"}) EXPECT_EQ(included_by(none), "") << none;
}

}  // namespace
}  // namespace laconic::verifiers::code
