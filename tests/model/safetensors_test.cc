#include "model/weights/safetensors.h"

#include <cstring>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using testing::HasSubstr;

std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data_bytes, '\x01');
}

std::string message(const std::string& bytes) {
  const fs::path file = scratch_folder("safetensors") / "x.safetensors";
  std::ofstream(file, std::ios::binary) << bytes;
  try {
    read_safetensors(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), file.string());
    return error.message();
  }
  return "accepted";
}

// The Python library wrote the golden files: reading one and writing it gives its bytes again.
TEST(Safetensors, RewritesTheLibrarysFilesByteForByte) {
  for (const char* name : {"groups_yarn", "half_split", "tied_mscale"}) {
    const fs::path file = golden_folder() / "models" / name / "model.safetensors";
    const TensorMap tensors = read_safetensors(file);
    EXPECT_EQ(safetensors_bytes(tensors), read_file(file)) << name;
    EXPECT_EQ(weights_sha256(tensors), sha256_hex(as_byte_span(read_file(file))));
  }
}

TEST(Safetensors, ValuesOfTheThreeTypes) {
  const std::string bytes = file_of(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},"h":{"dtype":"F16","shape":[2,2],"data_offsets":[8,16]},"none":{"dtype":"F32","shape":[0,7],"data_offsets":[16,16]}})", 0);
  const float a = 1.5f;
  const std::uint16_t b[2] = {0x3f80, 0xc000}, h[4] = {0x3c00, 0x0001, 0xfbff, 0x8000};
  const fs::path file = scratch_folder("types") / "x.safetensors";
  std::ofstream(file, std::ios::binary) << bytes << std::string(reinterpret_cast<const char*>(&a), 4) << std::string(reinterpret_cast<const char*>(b), 4)
                                        << std::string(reinterpret_cast<const char*>(h), 8);
  const TensorMap tensors = read_safetensors(file);
  EXPECT_EQ(to_floats(tensors.at("a")), std::vector<float>{1.5f});
  EXPECT_EQ(to_floats(tensors.at("b")), (std::vector<float>{1, -2}));
  EXPECT_EQ(to_floats(tensors.at("h")), (std::vector<float>{1, 0x1p-24f, -65504, -0.0f}));
  EXPECT_EQ(to_bf16s(tensors.at("h"))[0].bits, 0x3f80);
  EXPECT_TRUE(to_floats(tensors.at("none")).empty());
}

TEST(Safetensors, NamesWhatIsWrong) {
  const auto one = [](const char* dtype, const char* shape, const char* offsets) {
    return std::string(R"({"w":{"dtype":")") + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  EXPECT_THAT(message(""), HasSubstr("0 bytes long"));
  EXPECT_THAT(message("abc"), HasSubstr("3 bytes long"));
  EXPECT_THAT(message(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)), HasSubstr("above the limit"));
  EXPECT_THAT(message(file_of("{}", 0).substr(0, 9)), HasSubstr("goes beyond the file"));
  EXPECT_THAT(message(file_of("{", 0)), HasSubstr("not valid JSON"));
  EXPECT_THAT(message(file_of("[]", 0)), HasSubstr("not a JSON object"));
  EXPECT_THAT(message(file_of(one("F32", "[2]", "[0,8]"), 7)), testing::AllOf(HasSubstr("`w`"), HasSubstr("outside")));
  EXPECT_THAT(message(file_of(one("F32", "[2]", "[0,8]"), 9)), HasSubstr("end at data byte 8 of 9"));
  EXPECT_THAT(message(file_of(one("F32", "[2]", "[1,9]"), 9)), HasSubstr("belong to no tensor"));
  EXPECT_THAT(message(file_of(one("F32", "[3]", "[0,8]"), 8)), HasSubstr("takes 12 bytes"));
  EXPECT_THAT(message(file_of(one("F32", "[2]", "[8,0]"), 8)), HasSubstr("outside"));
  EXPECT_THAT(message(file_of(one("F32", "[2]", "[0,18446744073709551615]"), 8)), HasSubstr("offset"));
  EXPECT_THAT(message(file_of(one("F32", "[4294967296,4294967296,4294967296]", "[0,8]"), 8)), HasSubstr("too large"));
  EXPECT_THAT(message(file_of(one("F32", "[-2]", "[0,8]"), 8)), HasSubstr("extent"));
  EXPECT_THAT(message(file_of(one("F32", "[2.0]", "[0,8]"), 8)), HasSubstr("extent"));
  EXPECT_THAT(message(file_of(one("I64", "[1]", "[0,8]"), 8)), HasSubstr("I64"));
  EXPECT_THAT(message(file_of(one("F32", "[2]", "[0]"), 8)), HasSubstr("data_offsets"));
  EXPECT_THAT(message(file_of(R"({"w":7})", 0)), HasSubstr("`w`"));
  EXPECT_THAT(message(file_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"v":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})", 6)),
              testing::AllOf(HasSubstr("`w` and `v`"), HasSubstr("overlap")));
  EXPECT_THAT(message(file_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4)), HasSubstr("twice"));
}

TEST(Safetensors, ReadsShardsByTheirIndex) {
  const fs::path folder = scratch_folder("shards");
  const TensorMap all = read_safetensors(golden_folder() / "models" / "half_split" / "model.safetensors");
  TensorMap first, second;
  for (const auto& [name, tensor] : all) (name < "model.layers.1" ? first : second)[name] = tensor;
  write_file_durably(folder / "one.safetensors", safetensors_bytes(first));
  write_file_durably(folder / "two.safetensors", safetensors_bytes(second));
  const auto index = [&](const std::string& extra) {
    std::string text = R"({"metadata":{},"weight_map":{)";
    for (const auto& [name, tensor] : all) text += "\"" + name + "\":\"" + (first.contains(name) ? "one" : "two") + ".safetensors\",";
    text += extra;
    if (extra.empty()) text.pop_back();
    write_file_durably(folder / "model.safetensors.index.json", text + "}}");
  };
  index("");
  EXPECT_EQ(weights_sha256(read_safetensors_folder(folder)), weights_sha256(all));
  index(R"("ghost":"one.safetensors")");
  EXPECT_THROW(read_safetensors_folder(folder), Error);
  index(R"("ghost":"../two.safetensors")");
  EXPECT_THROW(read_safetensors_folder(folder), Error);
  index(R"("ghost":"absent.safetensors")");
  EXPECT_THROW(read_safetensors_folder(folder), Error);
}

}  // namespace
}  // namespace laconic::model
