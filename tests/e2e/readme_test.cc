// The commands that the README shows are run, in the README's order, on a run of a few seconds that
// bears the name the README uses. `./dev` lines are checked for what they hand on.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/e2e/harness.h"

namespace laconic::e2e {
namespace {

// The lines of every ```sh block.
std::vector<std::string> shown_commands() {
  std::ifstream readme(source_root() / "README.md");
  std::vector<std::string> commands;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.rfind("```", 0) == 0) inside = line == "```sh";
    else if (inside && !line.empty()) commands.push_back(line);
  }
  return commands;
}

// Words of a line; "…" keeps its blanks.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream in(line);
  for (std::string word; in >> word;) {
    if (word.front() == '"') {
      for (std::string more; word.back() != '"' && in >> more;) word += " " + more;
      word = word.substr(1, word.size() - 2);
    }
    words.push_back(word);
  }
  return words;
}

TEST(Readme, EveryCommandRuns) {
  Scratch scratch("readme");
  fs::create_directory_symlink(source_root() / "recipes", scratch.path() / "recipes");
  const Finished trained = run(scratch.path(), {"train", (source_root() / "tests/e2e/tiny.toml").string(), "--name", "arithmetic-1"});
  ASSERT_EQ(trained.code, 0) << trained.output;
  int ran = 0;
  for (const std::string& line : shown_commands()) {
    std::vector<std::string> words = words_of(line);
    const std::string program = words.at(0);
    words.erase(words.begin());
    if (program == "./dev" && (words.at(0) == "test" || words.at(0) == "build")) continue;  // what runs this test
    ASSERT_TRUE(program == "./dev" || program == "build/laconic") << line;
    if (words.at(0) == "train" && std::find(words.begin(), words.end(), "--resume") == words.end()) words.push_back("--dry-run");
    const Finished finished = run(scratch.path(), words);
    EXPECT_EQ(finished.code, 0) << line << "\n" << finished.output;
    EXPECT_FALSE(finished.output.empty()) << line;
    ++ran;
  }
  EXPECT_GE(ran, 8) << "the README shows fewer commands than this test was written for";
}

}  // namespace
}  // namespace laconic::e2e
