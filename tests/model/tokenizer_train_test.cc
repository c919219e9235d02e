#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "model/tokenizer/bpe_trainer.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

std::vector<std::string> corpus() {
  std::istringstream file(read_file(golden_folder() / "tokenizers" / "corpus.txt"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line + "\n");
  return lines;
}

// The golden file is this trainer's own output; make_golden.py adds the ids that the Python library
// gives with it (TokenizerGolden compares them). LACONIC_UPDATE_GOLDEN=1 writes it anew.
TEST(TrainTokenizer, SameFileAsBefore) {
  const std::string text = train_tokenizer(corpus(), 360);
  const fs::path golden = golden_folder() / "tokenizers" / "trained" / "tokenizer.json";
  if (std::getenv("LACONIC_UPDATE_GOLDEN")) write_file_durably(golden, text);
  EXPECT_EQ(text, read_file(golden));
}

TEST(TrainTokenizer, SpecialTokensComeFirst) {
  const Tokenizer tokenizer = Tokenizer::parse(train_tokenizer(corpus(), 360), "");
  const std::vector<std::string> special = deepseek_special_tokens();
  for (std::size_t i = 0; i < special.size(); ++i) EXPECT_EQ(tokenizer.id_of(special[i]), static_cast<std::int32_t>(i));
  EXPECT_EQ(tokenizer.decode_bytes(std::vector{0, 1, 2, 3, 5}, true), "<｜User｜><think>");
}

TEST(TrainTokenizer, DigitsStandAlone) {
  const Tokenizer tokenizer = Tokenizer::parse(train_tokenizer(corpus(), 360), "");
  EXPECT_EQ(tokenizer.encode("12345").size(), 5u);
  EXPECT_EQ(tokenizer.encode(" the answer is").size(), 3u);  // frequent words are one token each
}

// "ab" 4 times, "bc" 4 times, "abc" 4 times: ab and bc tie at 8, the smaller ids win.
TEST(TrainTokenizer, MostFrequentPairFirstTiesToSmallerIds) {
  const std::vector<std::string> lines = {"ab ab ab ab", "abc abc abc abc", "bc bc bc bc", "zq"};
  const Tokenizer tokenizer = Tokenizer::parse(train_tokenizer(lines, 7 + 256 + 3), "");
  EXPECT_EQ(tokenizer.decode_bytes(std::vector{7 + 256}), "ab");
  EXPECT_EQ(tokenizer.encode("zq").size(), 2u);  // a pair seen once is not merged
}

TEST(TrainTokenizer, RefusesTooSmallAVocabulary) { EXPECT_THROW(train_tokenizer(corpus(), 262), Error); }

TEST(TrainTokenizer, RefusesBytesThatAreNoText) {
  const std::vector<std::string> lines = {"fine", "not\xff fine"};
  EXPECT_THROW(train_tokenizer(lines, 300), Error);
}

}  // namespace
}  // namespace laconic::model
