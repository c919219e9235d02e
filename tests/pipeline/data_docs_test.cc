// docs/data.md: its tables are those in the code, its rows are read, its recipes open.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "pipeline/data/describe.h"
#include "pipeline/data/row.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/sources.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

fs::path page() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return (root ? fs::path(root) : fs::current_path()) / "docs/data.md";
}

// Texts of the fenced blocks of a language.
std::vector<std::string> blocks(const std::string& language) {
  std::istringstream in(read_file(page()));
  std::vector<std::string> found;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (!inside && line == "```" + language) found.emplace_back(), inside = true;
    else if (line == "```") inside = false;
    else if (inside) found.back() += line + "\n";
  }
  return found;
}

// The text from one marker's line to the next one's, replaced in the page.
void replace_between(std::string& text, const std::string& from, const std::string& to, const std::string& with) {
  const std::size_t begin = text.find(from), end = text.find(to, begin);
  ASSERT_NE(begin, std::string::npos) << from;
  ASSERT_NE(end, std::string::npos) << to;
  text.replace(begin, end - begin, with);
}

TEST(DataDocs, TablesAreThoseInTheCode) {
  const std::string text = read_file(page());
  const char* const how = "run `test_pipeline --gtest_also_run_disabled_tests --gtest_filter=DataDocs.DISABLED_WriteTables` and commit docs/data.md";
  EXPECT_NE(text.find(shapes_markdown()), std::string::npos) << how;
  EXPECT_NE(text.find(generators_markdown()), std::string::npos) << how;
}

TEST(DataDocs, DISABLED_WriteTables) {
  std::string text = read_file(page());
  replace_between(text, "| shape |", "\n* A prompt is text", shapes_markdown());
  replace_between(text, "`arithmetic`, judged by", "## Other formats", generators_markdown());
  write_file_durably(page(), text);
}

TEST(DataDocs, RowsAndRecipesWork) {
  const std::vector<std::string> rows = blocks("json"), recipes = blocks("toml");
  ASSERT_EQ(rows.size(), 2u);
  ASSERT_GE(recipes.size(), 3u);
  EXPECT_EQ(read_row(rows[0], "f:1", {}).chain, "3 * 4 = 12 eggs.");
  Scratch scratch;
  std::string gsm8k, other;
  for (int i = 0; i < 40; ++i) {  // the page's rows, with different questions
    gsm8k += "{\"question\": \"" + std::to_string(i) + " " + rows[0].substr(rows[0].find("Ann"));
    other += "{\"ask\": \"" + std::to_string(i) + rows[1].substr(rows[1].find(" + 2"));
  }
  write_file_durably(scratch.path() / "gsm8k.jsonl", gsm8k);
  write_file_durably(scratch.path() / "rows.jsonl", other);
  for (const std::string& recipe : recipes) {
    SCOPED_TRACE(recipe);
    // The RL stage of a fresh model must have chains for its tokenizer; the page is about the data.
    write_file_durably(scratch.path() / "page.toml", "[run.eval]\nproblems = 3\n[[stage]]\ntype = \"sft\"\ndata.source = \"arithmetic\"\n" + recipe);
    const Recipe parsed = load_recipe(scratch.path() / "page.toml");
    Judges judges(settled(parsed.verifier.spec, fresh_chat(parsed.model)));
    const Sources sources = open_sources(parsed, judges);
    EXPECT_FALSE(sources[1]->train(1, {.stage = 1}).prompt.empty());
    EXPECT_FALSE(sources[1]->eval(3).empty());
  }
}

}  // namespace
}  // namespace laconic::pipeline
