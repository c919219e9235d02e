// Random damage to every file format this folder reads: the only way out is an Error, never a crash,
// another exception or an unbounded allocation. Fixed seeds; run the sanitizer presets for the rest.
#include <cstring>
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/philox.h"
#include "model/config.h"
#include "model/weights/safetensors.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

// One to four small edits: flip a bit, set, insert, delete, cut the tail, copy a stretch, enlarge a number.
std::string mutate(std::string bytes, PhiloxStream& stream) {
  const auto at = [&] { return static_cast<std::size_t>(stream.below(static_cast<std::uint32_t>(bytes.size()))); };
  static const std::string kTokens[] = {"null", "-1", "1e400", "18446744073709551615", "[]", "{}", "\"\"", "true", "[[[[[[", "\\u0000", "0.5", ","};
  for (std::uint32_t edits = 1 + stream.below(4); edits > 0 && !bytes.empty(); --edits) {
    const std::size_t i = at();
    switch (stream.below(7)) {
      case 0: bytes[i] = static_cast<char>(bytes[i] ^ (1 << stream.below(8))); break;
      case 1: bytes[i] = static_cast<char>(stream.below(256)); break;
      case 2: bytes.insert(i, 1, static_cast<char>(stream.below(256))); break;
      case 3: bytes.erase(i, 1 + stream.below(8)); break;
      case 4: bytes.resize(i); break;
      case 5: bytes.insert(i, bytes.substr(at(), 1 + stream.below(40))); break;
      case 6: {  // replace the number or word at i
        std::size_t end = i;
        while (end < bytes.size() && std::isalnum(static_cast<unsigned char>(bytes[end]))) ++end;
        bytes.replace(i, end - i, kTokens[stream.below(static_cast<std::uint32_t>(std::size(kTokens)))]);
      }
    }
  }
  return bytes;
}

struct Tally { int accepted = 0, refused = 0; };

Tally fuzz(const std::string& good, int rounds, std::uint64_t seed, const std::function<void(const std::string&)>& read) {
  Tally tally;
  PhiloxStream stream(seed, 0);
  for (int round = 0; round < rounds; ++round) {
    const std::string bad = mutate(good, stream);
    try {
      read(bad);
      ++tally.accepted;
    } catch (const Error& error) {
      EXPECT_FALSE(error.message().empty());
      ++tally.refused;
    } catch (const std::exception& other) {
      ADD_FAILURE() << "round " << round << " let out " << typeid(other).name() << ": " << other.what();
    }
  }
  return tally;
}

// In a buffer of exactly its size, so that a sanitizer sees every step beyond it.
TensorMap parse(const std::string& bytes) {
  const std::shared_ptr<std::byte[]> copy(new std::byte[bytes.size()]);
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  return parse_safetensors({copy.get(), bytes.size()}, copy, "fuzzed");
}

TEST(CorruptInput, Config) {
  for (const char* name : {"groups_yarn", "half_split"}) {
    const Tally tally = fuzz(read_file(golden_folder() / "models" / name / "config.json"), 4000, 1,
                             [](const std::string& text) { config_json(parse_config(text, "fuzzed")); });
    EXPECT_GT(tally.refused, 1000);
    EXPECT_GT(tally.accepted, 100);  // damage to a key that is not read
  }
}

TEST(CorruptInput, Tokenizer) {
  for (const char* name : {"trained", "deepseek_v3", "smollm2"}) {
    const Tally tally = fuzz(read_file(golden_folder() / "tokenizers" / name / "tokenizer.json"), 1500, 2, [](const std::string& text) {
      const Tokenizer tokenizer = Tokenizer::parse(text, "fuzzed");
      const std::vector<std::int32_t> ids = tokenizer.encode("The answer is 42.\n<think> naïve 数学");
      tokenizer.decode_text(ids);
    });
    EXPECT_GT(tally.refused, 500);
  }
}

TEST(CorruptInput, Safetensors) {
  // A small file, so that edits meet the header: 8 bytes of length, names, types, shapes, ranges.
  TensorMap tensors;
  for (int i = 0; i < 6; ++i)
    tensors["layer." + std::to_string(i) + ".weight"] = i % 2 ? tensor_of({2, i}, std::vector<float>(static_cast<std::size_t>(2 * i), 1.0f))
                                                              : tensor_of({i + 1}, std::vector<bf16>(static_cast<std::size_t>(i + 1)));
  const Tally tally = fuzz(safetensors_bytes(tensors), 4000, 3, [&](const std::string& bytes) {
    for (const auto& [name, tensor] : parse(bytes)) to_floats(tensor);
  });
  EXPECT_GT(tally.refused, 2000);
}

TEST(CorruptInput, EveryTruncationOfASafetensorsFileIsRefused) {
  const std::string bytes = safetensors_bytes({{"a", tensor_of({3}, std::vector<float>{1, 2, 3})}});
  for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_THROW(parse(bytes.substr(0, length)), Error) << length << " of " << bytes.size();
}

TEST(CorruptInput, EveryTruncationOfATokenizerIsRefused) {
  const std::string text = read_file(golden_folder() / "tokenizers" / "trained" / "tokenizer.json");
  const std::size_t end = text.find_last_of('}');
  for (std::size_t length = 0; length <= end; length += length < 200 || length + 200 > end ? 1 : 37)
    EXPECT_THROW(Tokenizer::parse(text.substr(0, length), "cut"), Error) << length;
}

}  // namespace
}  // namespace laconic::model
