// The documents say what the code does.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <string>

#include "base/file.h"
#include "base/outcome.h"

namespace laconic {
namespace {

fs::path source_root() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return root ? fs::path(root) : fs::current_path();
}

TEST(Docs, OutcomesAreTheTable) {
  const std::string text = read_file(source_root() / "docs/formats.md");
  for (int i = 0; i < kOutcomeCount; ++i) {
    const OutcomeRow& row = outcome_rows()[i];
    const std::string score = row.score == ScoreRule::kVerifierScore ? "the verifier's" : row.score == ScoreRule::kZeroScore ? "0" : "none";
    const std::string line = "| `" + std::string(row.name) + "` | " + score + " | " + (row.counted ? "counted" : "absent") + " | " +
                             (row.retried ? "yes" : "no") + " | " + std::string(row.meaning) + " |";
    EXPECT_NE(text.find(line), std::string::npos) << "docs/formats.md lacks: " << line;
  }
}

// Every relative link of every page leads somewhere.
TEST(Docs, LinksLeadSomewhere) {
  const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  int links = 0;
  for (const fs::path& folder : {source_root(), source_root() / "docs"})
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() != ".md") continue;
      const std::string text = read_file(entry.path());
      for (auto at = std::sregex_iterator(text.begin(), text.end(), link); at != std::sregex_iterator(); ++at, ++links)
        EXPECT_TRUE(fs::exists(folder / (*at)[1].str())) << entry.path() << ": " << (*at)[1];
    }
  EXPECT_GT(links, 10);
}

// README's tree names every folder there is.
TEST(Docs, ReadmeNamesEveryFolder) {
  const std::string text = read_file(source_root() / "README.md");
  for (const auto& entry : fs::directory_iterator(source_root())) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory() || name[0] == '.' || name.rfind("build", 0) == 0 || name == "runs" || fs::is_empty(entry.path())) continue;
    EXPECT_TRUE(text.find("`" + name + "/`") != std::string::npos || name == "cmake") << name;
  }
}

}  // namespace
}  // namespace laconic
