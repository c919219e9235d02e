// laconic export: what the folder holds, what it refuses, and that a difference is found.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/export_verify.h"
#include "cli/records.h"
#include "model/checkpoint.h"
#include "tests/cli/tiny_run.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;

class Export : public TinyRun {
 protected:
  std::string at(const std::string& name) const { return (place_ / name).string(); }
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "laconic-export-XXXXXX").string();
    place_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(place_); }

  Said exported(std::vector<std::string> more) const {
    std::vector<std::string> words = {"export", "tiny-1", "--runs", runs(), "--out", at("out")};
    words.insert(words.end(), more.begin(), more.end());
    return say(words);
  }

 private:
  fs::path place_;
};

TEST_F(Export, AFolderThatIsTheSameModel) {
  const Said said = exported({"--verify", "--json"});
  ASSERT_EQ(said.code, kExitOk) << said.err;
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["verified"], true);
  ASSERT_EQ(json["checks"].size(), 4u);
  for (const Json& check : json["checks"]) {
    EXPECT_EQ(check["compared"], check["equal"]) << check;
    EXPECT_GT(check["compared"], 0) << check;
  }
  EXPECT_EQ(json["checks"][2]["compared"], json["tensors"]);
  EXPECT_EQ(json["checks"][3]["compared"], 4 * 63);  // no trajectory in this run: random ids
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "README.md", "recipe.toml"})
    EXPECT_TRUE(fs::exists(at("out") + "/" + file)) << file;
  EXPECT_FALSE(fs::exists(at("out.tmp")));
  EXPECT_THAT(read_file(at("out/README.md")), HasSubstr("run `tiny-1`"));
  const Json generation = Json::parse(read_file(at("out/generation_config.json")));
  EXPECT_EQ(generation.value("eos_token_id", -1), 1);
  EXPECT_FALSE(generation.contains("temperature"));  // first weights: nothing was trained at any

  // The run's native chat template went along as Jinja: prompts are the same.
  const std::string jinja = Json::parse(read_file(at("out/tokenizer_config.json"))).value("chat_template", "");
  EXPECT_THAT(jinja, HasSubstr("<｜Assistant｜>"));
  const std::vector<std::string> rest = {"12+7=", "--max-tokens", "8", "--json", "--threads", "1"};
  const auto generated = [&](const std::string& model) {
    std::vector<std::string> words = {"generate", model};
    words.insert(words.end(), rest.begin(), rest.end());
    return Json::parse(say(words).out)["samples"][0]["tokens"];
  };
  EXPECT_EQ(generated(at("out")), generated(folder.string()));
}

TEST_F(Export, NeverOverwritesAndNamesTheStepsThereAre) {
  ASSERT_EQ(exported({}).code, kExitOk);
  const std::string before = read_file(at("out/README.md"));
  const Said again = exported({});
  EXPECT_EQ(again.code, kExitUsage);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
  EXPECT_EQ(read_file(at("out/README.md")), before);
  const Said step = say({"export", "tiny-1", "--runs", runs(), "--out", at("other"), "--step", "7"});
  EXPECT_EQ(step.code, kExitUsage);
  EXPECT_THAT(step.err, HasSubstr("none yet"));
  EXPECT_EQ(say({"export", "tiny-1", "--runs", runs(), "--out", at("no/such/folder")}).code, kExitUsage);
}

TEST_F(Export, AModelFileIsRoundedOnceAndAgrees) {
  ASSERT_EQ(say({"convert", folder.string(), at("model.gguf"), "--type", "q8_0"}).code, kExitOk);
  const Said said = say({"export", at("model.gguf"), "--out", at("out"), "--verify"});
  EXPECT_EQ(said.code, kExitOk) << said.err;
  EXPECT_THAT(said.out, HasSubstr("after rounding to the type written"));
}

TEST_F(Export, EveryDifferenceIsFound) {
  ASSERT_EQ(exported({}).code, kExitOk);
  const ExportSource source = find_export(runs(), "tiny-1", std::nullopt);
  const auto differing = [&] {
    std::string names;
    for (const ExportCheck& check : verify_export(source, at("out"), 4, [](const std::string&) {}))
      if (!check.holds()) names += check.what + " ";
    return names;
  };
  EXPECT_EQ(differing(), "");
  const auto damaged = [&](const char* file, const std::function<void(std::string&)>& damage) {
    const fs::path path = at("out") + "/" + file;
    const std::string good = read_file(path);
    std::string bad = good;
    damage(bad);
    write_file_durably(path, bad);
    const std::string names = differing();
    write_file_durably(path, good);
    return names;
  };
  EXPECT_EQ(damaged("model.safetensors", [](std::string& bytes) { bytes[bytes.size() - 4] ^= 1; }), "tensors ");  // below what packing keeps
  EXPECT_EQ(damaged("model.safetensors", [](std::string& bytes) { bytes[bytes.size() - 1] ^= static_cast<char>(0x80); }), "tensors log-probs ");
  EXPECT_EQ(damaged("tokenizer.json", [](std::string& text) { text += " "; }), "tokenizer ");
  EXPECT_EQ(damaged("config.json", [](std::string& text) { text.replace(text.find("\"rope_theta\": 1"), 15, "\"rope_theta\": 9"); }), "config log-probs ");
}

}  // namespace
}  // namespace laconic::cli
