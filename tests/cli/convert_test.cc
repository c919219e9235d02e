// laconic convert: there and back, refusals, what it says.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "cli/records.h"
#include "model/checkpoint.h"
#include "tests/cli/tiny_run.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;

class Convert : public TinyRun {
 protected:
  std::string at(const std::string& name) const { return (place_ / name).string(); }
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "laconic-convert-XXXXXX").string();
    place_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(place_); }

 private:
  fs::path place_;
};

TEST_F(Convert, FolderToFileAndBackIsTheSameFolder) {
  ASSERT_EQ(say({"convert", folder.string(), at("start")}).code, kExitOk);  // what training starts from is fp32
  const Said there = say({"convert", at("start"), at("model.gguf")});
  EXPECT_EQ(there.code, kExitOk) << there.err;
  EXPECT_THAT(there.out, HasSubstr("exact"));
  ASSERT_EQ(say({"convert", at("model.gguf"), at("back")}).code, kExitOk);
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json"})
    EXPECT_EQ(read_file(at("start") + "/" + file), read_file(at("back") + "/" + file)) << file;
  EXPECT_EQ(model::load_checkpoint(at("model.gguf")).chat_template, model::load_checkpoint(at("start")).chat_template);
  EXPECT_FALSE(fs::exists(at("back.tmp")));
  EXPECT_FALSE(fs::exists(at("model.gguf.tmp")));
}

TEST_F(Convert, SaysWhatWasLost) {
  const Said said = say({"convert", folder.string(), at("small.gguf"), "--type", "q8_0", "--json"});
  ASSERT_EQ(said.code, kExitOk) << said.err;
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["type"], "q8_0");
  EXPECT_EQ(json["bytes"], fs::file_size(at("small.gguf")));
  EXPECT_GT(json["elements_changed"], 0);
  EXPECT_GT(json["relative_error"], 1e-4);
  EXPECT_LT(json["relative_error"], 1e-2);
  const Said exact = say({"convert", folder.string(), at("exact.gguf"), "--type", "f32"});
  EXPECT_THAT(exact.out, HasSubstr("exact: every weight has the value it had"));
}

TEST_F(Convert, AFileIsAModelForEveryCommand) {
  ASSERT_EQ(say({"convert", folder.string(), at("model.gguf"), "--type", "f32"}).code, kExitOk);
  const std::vector<std::string> rest = {"What is 2 + 2?", "--max-tokens", "8", "--json", "--threads", "1"};
  const auto generate = [&](const std::string& model) {
    std::vector<std::string> words = {"generate", model};
    words.insert(words.end(), rest.begin(), rest.end());
    const Said said = say(words);
    EXPECT_EQ(said.code, kExitOk) << said.err;
    Json json = Json::parse(said.out);
    return json.contains("samples") ? json["samples"] : json;
  };
  const Json a = generate(folder.string()), b = generate(at("model.gguf"));
  ASSERT_GT(a.size(), 0u);
  EXPECT_EQ(a, b);
}

TEST_F(Convert, RefusesBeforeItWrites) {
  ASSERT_EQ(say({"convert", folder.string(), at("model.gguf")}).code, kExitOk);
  const auto refused = [&](const std::vector<std::string>& words, const std::string& text) {
    const Said said = say(words);
    EXPECT_EQ(said.code, kExitUsage) << said.err;
    EXPECT_THAT(said.err, HasSubstr(text));
  };
  refused({"convert", folder.string(), at("model.gguf")}, "is there already");
  refused({"convert", at("model.gguf"), at("folder"), "--type", "q8_0"}, "a folder cannot hold the type");
  refused({"convert", at("model.gguf"), at("other.gguf"), "--type", "q8_1"}, "did you mean");
  refused({"convert", at("model.gguf"), at("no/such/other.gguf")}, "does not exist");
  refused({"convert", at("nothing.gguf"), at("other.gguf")}, "there is no folder or file");
  write_file_durably(at("bad.gguf"), "GGUF and nothing more");
  refused({"convert", at("bad.gguf"), at("other.gguf")}, "bad.gguf");
  write_file_durably(at("text.gguf"), "hello");
  refused({"convert", at("text.gguf"), at("other.gguf")}, "is not a GGUF file");
  EXPECT_FALSE(fs::exists(at("other.gguf")));
  EXPECT_FALSE(fs::exists(at("folder")));
}

}  // namespace
}  // namespace laconic::cli
