// Bad input gives one clear error: the value, the place, the next command; nothing is lost.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/harness.h"

namespace laconic::e2e {
namespace {

std::string recipe() { return (source_root() / "tests/e2e/tiny.toml").string(); }

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

class BadInput : public ::testing::Test {
 protected:
  Scratch scratch_{"bad-input"};

  // Runs and expects exit code `code` and every one of `parts` in the output.
  void expect(const std::vector<std::string>& words, int code, const std::vector<std::string>& parts, const Environment& environment = {}) {
    const Finished finished = run(scratch_.path(), words, environment, 120);
    EXPECT_EQ(finished.code, code) << finished.output;
    EXPECT_NE(finished.output.find("error: "), std::string::npos) << finished.output;
    for (const std::string& part : parts) EXPECT_NE(finished.output.find(part), std::string::npos) << "missing: " << part << "\n" << finished.output;
  }
};

TEST_F(BadInput, CommandLine) {
  expect({"trian", recipe()}, 2, {"trian", "train"});
  expect({"train", recipe(), "--dry-rnu"}, 2, {"--dry-rnu", "--dry-run"});
  expect({"train", "missing.toml"}, 2, {"missing.toml"});
  expect({"runs", "show", "nothing"}, 2, {"nothing", "laconic runs list"});
}

TEST_F(BadInput, RecipeKeys) {
  expect({"train", recipe(), "rl.optimizer.lrr=1e-4"}, 2, {"rl.optimizer.lrr", "rl.optimizer.lr"});
  expect({"train", recipe(), "rl.optimizer.lr=fast"}, 2, {"rl.optimizer.lr", "fast"});
  expect({"train", recipe(), "rl.sampling.temperature=-1"}, 2, {"rl.sampling.temperature", "-1"});
  expect({"train", recipe(), "rl.sampling.top_p=0.9"}, 2, {"top_p", "top_k"});
  write(scratch_.path() / "wrong.toml", "seed = 1\n\n[learner]\nthraeds = 2\n\n[[stage]]\ntype = \"sft\"\n");
  expect({"train", "wrong.toml"}, 2, {"wrong.toml:4", "learner.thraeds", "learner.threads"});
  write(scratch_.path() / "broken.toml", "seed = \n");
  expect({"train", "broken.toml"}, 2, {"broken.toml"});
}

TEST_F(BadInput, ExistingRunFolder) {
  fs::create_directories(scratch_.path() / "runs/taken");
  write(scratch_.path() / "runs/taken/laconic.db", "keep me");
  expect({"train", recipe(), "--name", "taken"}, 2, {"taken", "--resume", "--name"});
  EXPECT_EQ(fs::file_size(scratch_.path() / "runs/taken/laconic.db"), 7u);
}

TEST_F(BadInput, DataLines) {
  write(scratch_.path() / "rows.jsonl", "{\"question\": \"1+1?\", \"answer\": \"#### 2\"}\n{\"question\": \"2+\n");
  expect({"train", recipe(), "rl.data.source=rows.jsonl"}, 2, {"rows.jsonl:2"});
  expect({"train", recipe(), "rl.data.source=absent.jsonl"}, 2, {"absent.jsonl"});
}

TEST_F(BadInput, MachineAndBinaries) {
  expect({"train", recipe()}, 2, {"LACONIC_ISA", "avx513", "avx512"}, {{"LACONIC_ISA", "avx513"}});
  expect({"train", recipe()}, 2, {"there is no executable", "./dev build"}, {{"LACONIC_BIN_DIR", scratch_.path().string()}});
  expect({"train", recipe(), "rollout.kv_mb=100000000"}, 2, {"memory"});
}

TEST_F(BadInput, CorruptCheckpointAndTokenizer) {
  ASSERT_EQ(run(scratch_.path(), {"train", recipe(), "--name", "source", "rl.steps=1"}).code, 0);
  fs::path checkpoint;
  for (const auto& entry : fs::directory_iterator(scratch_.path() / "runs/source/checkpoints"))
    if (entry.path().filename().string().rfind("rl-", 0) == 0) checkpoint = entry.path();
  ASSERT_FALSE(checkpoint.empty());
  const auto copy_with = [&](const std::string& name, const std::string& file, const std::function<void(const fs::path&)>& harm) {
    fs::copy(checkpoint, scratch_.path() / name, fs::copy_options::recursive);
    harm(scratch_.path() / name / file);
    return name;
  };
  expect({"generate", copy_with("short", "model.safetensors", [](const fs::path& p) { fs::resize_file(p, fs::file_size(p) / 2); }), "1+1="}, 2, {"model.safetensors"});
  expect({"generate", copy_with("notoken", "tokenizer.json", [](const fs::path& p) { fs::resize_file(p, 100); }), "1+1="}, 2, {"tokenizer.json"});
  expect({"generate", copy_with("noconfig", "config.json", [](const fs::path& p) { fs::remove(p); }), "1+1="}, 2, {"config.json"});
  const Finished good = run(scratch_.path(), {"generate", checkpoint.string(), "1+1=", "--max-tokens", "8"});
  EXPECT_EQ(good.code, 0) << good.output;
}

// A disk that fills up ends the run with the reason; after space is made it resumes to the end.
TEST_F(BadInput, FullDiskLosesNothing) {
  const Finished finished = run(scratch_.path(), {"train", recipe(), "--name", "full"}, {{"LACONIC_FAIL_WRITES_AFTER", "900000"}});
  EXPECT_EQ(finished.code, 3) << finished.output;
  EXPECT_NE(finished.output.find("No space left"), std::string::npos) << finished.output;
  const Finished resumed = run(scratch_.path(), {"train", "--resume", "full"});
  EXPECT_EQ(resumed.code, 0) << resumed.output;
}

TEST_F(BadInput, DryRunStartsNothing) {
  const Finished finished = run(scratch_.path(), {"train", recipe(), "--name", "dry", "--dry-run"});
  EXPECT_EQ(finished.code, 0) << finished.output;
  for (const char* part : {"parameters", "memory", "tokens", "checkpoints"}) EXPECT_NE(finished.output.find(part), std::string::npos) << part;
  EXPECT_FALSE(fs::exists(scratch_.path() / "runs/dry"));
}

}  // namespace
}  // namespace laconic::e2e
