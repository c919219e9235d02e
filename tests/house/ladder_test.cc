// The include ladder: a folder includes only what its row names, and what those may include.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

// The rows of docs/architecture.md. "trajectory/record" in wire's row: the record headers alone.
const std::map<std::string, std::set<std::string>> kMayUse = {
    {"base", {}},
    {"kernels", {"base"}},
    {"model", {"kernels"}},
    {"trajectory", {"base"}},
    {"wire", {"base", "trajectory/record.h", "trajectory/batch.h"}},
    {"sandbox", {"base"}},
    {"verifiers", {"sandbox", "wire"}},
    {"rollout", {"model", "wire"}},
    {"learner/objective", {"trajectory"}},
    {"learner", {"learner/objective", "model", "wire"}},
    {"pipeline", {"verifiers", "rollout", "learner/objective"}},
    {"cli", {"pipeline"}},
};

fs::path source_root() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return root ? fs::path(root) : fs::current_path();
}

// Everything a folder may include: its row, and the rows of those, and itself.
void collect(const std::string& name, std::set<std::string>& out) {
  if (!out.insert(name).second) return;
  if (const auto row = kMayUse.find(name); row != kMayUse.end())
    for (const std::string& next : row->second) collect(next, out);
}

std::string folder_of(const std::string& path) {
  return path.rfind("learner/objective/", 0) == 0 ? "learner/objective" : path.substr(0, path.find('/'));
}

bool is_source(const fs::path& path) { return path.extension() == ".h" || path.extension() == ".cc" || path.extension() == ".c"; }

TEST(House, IncludesClimbTheLadderOnly) {
  const std::regex include(R"re(^\s*#\s*include\s+"([^"]+)")re");
  int files = 0;
  for (const auto& [folder, row] : kMayUse) {
    if (!fs::exists(source_root() / folder)) continue;
    std::set<std::string> allowed;
    collect(folder, allowed);
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / folder)) {
      const std::string path = fs::relative(entry.path(), source_root()).string();
      if (!is_source(entry.path()) || folder_of(path) != folder) continue;
      ++files;
      std::ifstream in(entry.path());
      std::string line;
      for (int number = 1; std::getline(in, line); ++number) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string target = match[1];
        ASSERT_NE(target.find('/'), std::string::npos) << path << ":" << number << ": include `" << target << "` by its full path";
        EXPECT_TRUE(allowed.count(folder_of(target)) || allowed.count(target))
            << path << ":" << number << ": " << folder << "/ may not include " << target;
      }
    }
  }
  EXPECT_GT(files, 50) << "the walk found too few files to mean anything";
}

TEST(House, TorchStaysInTheLearner) {
  const std::regex torch(R"(#\s*include\s+<(torch|ATen|c10)/)");
  for (const auto& [folder, row] : kMayUse) {
    if (folder == "learner" || !fs::exists(source_root() / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / folder)) {
      if (!is_source(entry.path())) continue;
      std::ifstream in(entry.path());
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      EXPECT_FALSE(std::regex_search(text, torch)) << entry.path();
    }
  }
}

}  // namespace
