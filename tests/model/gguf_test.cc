// GGUF files: the library's own, and damaged ones.
#include "model/gguf/gguf.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "model/weights/safetensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

fs::path types_file() { return golden_folder() / "gguf/types.gguf"; }

std::span<const std::byte> span_of(const std::string& bytes) { return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}; }

std::string refusal(const std::string& bytes) {
  try {
    parse_gguf(span_of(bytes), nullptr, "x.gguf");
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "x.gguf");
    return error.message();
  }
  return "accepted";
}

TEST(Gguf, DecodesEveryTypeToTheLibrarysBits) {
  const Gguf gguf = read_gguf(types_file());
  const TensorMap expected = read_safetensors(golden_folder() / "gguf/types.safetensors");
  ASSERT_EQ(gguf.tensors.size(), expected.size());
  for (const auto& [name, tensor] : gguf.tensors) {
    ASSERT_TRUE(expected.contains(name)) << name;
    EXPECT_EQ(tensor.shape, expected.at(name).shape) << name;
    const std::vector<float> ours = to_floats(tensor), theirs = to_floats(expected.at(name));
    EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), ours.size() * sizeof(float)), 0) << name;
    const std::vector<bf16> rounded = to_bf16s(tensor);
    for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_EQ(rounded[i].bits, to_bf16(ours[i]).bits) << name << " " << i;
  }
}

TEST(Gguf, ReadsMetadataOfEveryKind) {
  const Gguf gguf = read_gguf(types_file());
  EXPECT_EQ(gguf.text("general.architecture"), "llama");
  EXPECT_EQ(gguf.integer("llama.block_count"), 2);
  EXPECT_EQ(gguf.integer("test.large"), INT64_MAX);
  EXPECT_EQ(gguf.integer("test.small"), -7);
  EXPECT_EQ(gguf.number("llama.rope.freq_base"), 10000.5);
  EXPECT_TRUE(gguf.flag("test.flag"));
  EXPECT_THAT(gguf.texts("tokenizer.ggml.tokens"), ElementsAre("<s>", "Ġa", "é"));
  EXPECT_THAT(gguf.integers("test.ids"), ElementsAre(3, -1, 70000));
  EXPECT_THAT(gguf.numbers("test.scores"), ElementsAre(0.5, -1.25));
  EXPECT_THROW(gguf.integer("test.flag"), Error);
  EXPECT_THROW(gguf.text("no.such.key"), Error);
}

// Every prefix of the file is refused, none is read past its end (the address sanitizer watches).
TEST(Gguf, TruncatedFilesAreRefused) {
  const std::string bytes = read_file(types_file());
  const std::size_t end = bytes.size() - 4;  // four bytes of padding follow the last tensor
  EXPECT_EQ(refusal(bytes.substr(0, end)), "accepted");
  for (std::size_t length = 0; length < end; length += length < 2000 ? 1 : 97) EXPECT_NE(refusal(bytes.substr(0, length)), "accepted") << length;
}

// A file of one tensor, its parts in order.
struct Parts {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint64_t tensors = 1, entries = 0;
  std::string name = "t";
  std::uint32_t dimensions = 1;
  std::uint64_t extent = 32;
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  std::size_t data = 128;

  std::string bytes(const std::string& more_tensors = {}) const {
    std::string out = magic;
    const auto add = [&](const auto& value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); };
    add(version), add(tensors), add(entries), add(std::uint64_t{name.size()});
    out += name;
    add(dimensions);
    for (std::uint32_t i = 0; i < dimensions; ++i) add(extent);
    add(type), add(offset);
    out += more_tensors;
    out.resize((out.size() + 31) / 32 * 32 + data);
    return out;
  }
};

TEST(Gguf, RefusesWhatCannotBe) {
  EXPECT_EQ(refusal(Parts{}.bytes()), "accepted");
  EXPECT_THAT(refusal(Parts{.magic = "GGML"}.bytes()), HasSubstr("not a GGUF file"));
  EXPECT_THAT(refusal(Parts{.version = 1}.bytes()), HasSubstr("version 1"));
  EXPECT_THAT(refusal(Parts{.version = 0x03000000}.bytes()), HasSubstr("version"));
  EXPECT_THAT(refusal(Parts{.tensors = std::uint64_t{1} << 60}.bytes()), HasSubstr("number of tensors"));
  EXPECT_THAT(refusal(Parts{.entries = std::uint64_t{1} << 60}.bytes()), HasSubstr("metadata entries"));
  EXPECT_THAT(refusal(Parts{.dimensions = 5}.bytes()), HasSubstr("5 dimensions"));
  EXPECT_THAT(refusal(Parts{.dimensions = 4, .extent = std::uint64_t{1} << 40}.bytes()), HasSubstr("too large"));
  EXPECT_THAT(refusal(Parts{.extent = 1000}.bytes()), HasSubstr("needs 4000 bytes"));
  EXPECT_THAT(refusal(Parts{.offset = 64}.bytes()), HasSubstr("needs 128 bytes at 64"));
  EXPECT_THAT(refusal(Parts{.extent = 4, .offset = 3}.bytes()), HasSubstr("no multiple of 32"));
  EXPECT_THAT(refusal(Parts{.extent = 33, .type = 8}.bytes()), HasSubstr("Q8_0 blocks do not fill"));
  EXPECT_THAT(refusal(Parts{.type = 13}.bytes()), HasSubstr("type Q5_K"));
  EXPECT_THAT(refusal(Parts{.type = 99}.bytes()), HasSubstr("number 99"));
}

TEST(Gguf, RefusesTensorsThatOverlapOrStandTwice) {
  const auto second = [](const std::string& name) {
    const std::string one = Parts{.name = name}.bytes();
    return one.substr(24, 8 + name.size() + 4 + 8 + 4 + 8);
  };
  EXPECT_THAT(refusal(Parts{.tensors = 2}.bytes(second("u"))), HasSubstr("`t` and `u` overlap"));
  EXPECT_THAT(refusal(Parts{.tensors = 2}.bytes(second("t"))), HasSubstr("twice"));
}

}  // namespace
}  // namespace laconic::model
