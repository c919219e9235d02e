// Published vocabularies, against the ids that the `tokenizers` library gives for 60,000 texts: code, CJK, emoji,
// marks, white space, digits, every code point. tests/golden/real_vocabularies.py fetches and computes them once,
// into $LACONIC_VOCABULARIES or a folder under the cache; LACONIC_PYTHON names the Python that runs it.
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/philox.h"
#include "model/card.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::model {
namespace {

std::string environment(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value && *value ? value : fallback;
}

// Empty where the packages cannot be fetched.
fs::path vocabularies() {
  static const fs::path folder = [] {
    const fs::path cache = environment("XDG_CACHE_HOME", environment("HOME", "/tmp") + "/.cache");
    const fs::path out = environment("LACONIC_VOCABULARIES", (cache / "laconic" / "vocabularies").string());
    const std::string script = environment("LACONIC_SOURCE", ".") + "/tests/golden/real_vocabularies.py";
    const int status = std::system((environment("LACONIC_PYTHON", "python3") + " '" + script + "' '" + out.string() + "'").c_str());
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return fs::path();
    EXPECT_EQ(status, 0) << script;
    return out;
  }();
  return folder;
}

// Reads 32-bit words and bytes off the front of a file.
class Reader {
 public:
  explicit Reader(const fs::path& file) : bytes_(read_file(file)) {}
  std::uint32_t word() {
    std::uint32_t value = 0;
    std::memcpy(&value, take(4).data(), 4);
    return value;
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size() - at_) throw std::out_of_range("the file ends early");
    at_ += size;
    return std::string_view(bytes_).substr(at_ - size, size);
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

class RealVocabulary : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (vocabularies().empty()) GTEST_SKIP() << "the vocabularies could not be fetched by pip";
  }
};

// What a text keeps: SmolLM2's vocabulary has no token for some control bytes, and for bytes outside UTF-8.
std::string encodable(const Tokenizer& tokenizer, std::string bytes) {
  bool has[256];
  for (int byte = 0; byte < 256; ++byte) has[byte] = !tokenizer.encode(std::string(1, static_cast<char>(byte))).empty();
  std::erase_if(bytes, [&](char c) { return !has[static_cast<unsigned char>(c)]; });
  return bytes;
}

void expect_same_ids(const Tokenizer& tokenizer, const std::string& name, bool composes) {
  Reader texts(vocabularies() / "texts.bin"), expected(vocabularies() / name / "ids.bin");
  const std::uint32_t count = texts.word();
  ASSERT_GE(count, 50'000u);
  int different = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string text(texts.take(texts.word()));
    std::vector<std::int32_t> want(expected.word());
    if (!want.empty()) std::memcpy(want.data(), expected.take(4 * want.size()).data(), 4 * want.size());
    const std::vector<std::int32_t> ids = tokenizer.encode(text);
    if (ids != want && ++different <= 5) {
      EXPECT_EQ(ids, want) << "text " << i << ": " << text;
    }
    const std::string back = tokenizer.decode_bytes(ids);
    EXPECT_EQ(composes ? tokenizer.encode(back) == ids : back == text || back == encodable(tokenizer, text), true) << "text " << i << ": " << text;
  }
  EXPECT_EQ(different, 0) << "of " << count;
}

TEST_P(RealVocabulary, SameIdsAsTheTokenizersLibrary) {
  const Tokenizer tokenizer = Tokenizer::load(vocabularies() / GetParam());
  expect_same_ids(tokenizer, GetParam(), GetParam().starts_with("qwen"));
}

TEST_P(RealVocabulary, AnyBytesRoundTrip) {
  const Tokenizer tokenizer = Tokenizer::load(vocabularies() / GetParam());
  PhiloxStream stream(23, 0);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::uint32_t i = stream.below(80); i > 0; --i) bytes += static_cast<char>(round % 2 ? stream.below(256) : 0x80 + stream.below(0x80));
    const std::string back = tokenizer.decode_bytes(tokenizer.encode(bytes));
    const bool composes = GetParam().starts_with("qwen");  // once
    EXPECT_EQ(composes ? tokenizer.decode_bytes(tokenizer.encode(back)) : encodable(tokenizer, bytes), back);
  }
}

INSTANTIATE_TEST_SUITE_P(Published, RealVocabulary, testing::Values("deepseek_v3", "qwen", "qwen3_6", "smollm2"), [](const auto& info) { return info.param; });

// The same vocabulary out of the model file's metadata.
TEST(RealVocabularyInGguf, SameIds) {
  if (vocabularies().empty()) GTEST_SKIP() << "the vocabularies could not be fetched by pip";
  const ModelCard card = read_card(vocabularies() / "smollm2" / "model.gguf");
  expect_same_ids(Tokenizer::parse(card.tokenizer_json, "model.gguf"), "smollm2", false);
}

}  // namespace
}  // namespace laconic::model
