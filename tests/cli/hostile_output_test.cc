// A model that says anything at all: random ids, so invalid UTF-8, control bytes and special tokens. It goes
// through engine, decoding, verifiers, store and views; everything stays whole and every JSON is JSON.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>

#include "base/clock.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "model/tokenizer/utf8.h"
#include "pipeline/judges.h"
#include "tests/cli/tiny_run.h"

namespace laconic::cli {
namespace {

using trajectory::Group;
using trajectory::Trajectory;

class HostileOutput : public TinyRun {
 protected:
  static std::vector<Group> sampled(const pipeline::Prompts& prompts) {
    Sampler sampler = load_sampler(folder, 1, {});
    for (std::int32_t draw = 0; draw < 4; ++draw) {
      wire::RolloutLease lease;
      lease.ticket = {.kind = WorkKind::kTrain, .step = 1, .draw = draw};
      lease.philox_key = philox_key(77, lease.ticket);
      lease.samples = 16;
      lease.sampling = {.temperature = draw == 3 ? 4.0 : 1.0, .max_tokens = 40};
      if (draw == 2) lease.think = {10, -1, model::think_end_id(prompts.tokenizer()), prompts.tokenizer().encode("\n</think>\n\n")};
      lease.prompt = prompts.tokenizer().encode("12+7=");
      lease.spans = {{trajectory::Source::kUser, -1, 0, static_cast<std::int32_t>(lease.prompt.size())}};
      lease.stop_ids = prompts.config().eos_token_ids;
      sampler.engine->submit(static_cast<std::uint64_t>(draw), lease);
    }
    std::vector<Group> groups(4);
    while (!sampler.engine->idle()) sampler.engine->step([&](std::uint64_t id, Group group) { groups[id] = std::move(group); });
    return groups;
  }
};

bool is_utf8(const std::string& text) { return model::valid_prefix(text) == text.size(); }

TEST_F(HostileOutput, IdsAreNeverPaddingAndTextIsAlwaysUtf8) {
  const pipeline::Prompts prompts(folder, "auto");
  const std::int64_t tokens = prompts.tokenizer().vocab_size();
  std::set<std::int32_t> seen;
  int broken = 0;
  for (const Group& group : sampled(prompts))
    for (const Trajectory& sample : group.samples) {
      for (std::size_t i = static_cast<std::size_t>(sample.prompt_length()); i < sample.tokens.size(); ++i) {
        EXPECT_LT(sample.tokens[i], tokens);
        seen.insert(sample.tokens[i]);
      }
      const std::string text = prompts.response_text(sample);
      EXPECT_TRUE(is_utf8(text));
      broken += text.find("\xEF\xBF\xBD") != std::string::npos;
    }
  EXPECT_GT(broken, 50) << "the bytes were not random";
  for (std::int32_t special = 0; special < 7; ++special) EXPECT_TRUE(seen.contains(special)) << special;
}

TEST_F(HostileOutput, EveryVerifierGivesAVerdictOnAnything) {
  const pipeline::Prompts prompts(folder, "auto");
  write_file_durably(folder / "reward.py", "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n    return float('7' in solution_str)\n");
  verifiers::VerifierSpec spec;
  spec.reasoning = "none";
  spec.python.file = (folder / "reward.py").string();
  std::vector<std::string> texts;
  for (const Group& group : sampled(prompts))
    for (const Trajectory& sample : group.samples) texts.push_back(prompts.response_text(sample));
  texts.resize(40);
  for (const char* name : {"math", "integer", "code", "python"}) {
    SCOPED_TRACE(name);
    const auto verifier = make_verifier(spec, name);
    const std::string columns = name == std::string("code") ? R"({"test_list": ["assert f(1) == 2"], "answer": "19"})" : R"({"answer": "19"})";
    std::vector<verifiers::VerifyRequest> requests;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string marks[] = {texts[i], "</think>\\boxed{" + texts[i] + "}", "#### " + texts[i], "<answer>" + texts[i], "```python\n" + texts[i] + "\n```"};
      if (name == std::string("code") && i >= 10) break;  // each is a run of the interpreter
      requests.push_back({.id = "s0/train/0/0/0/" + std::to_string(i), .prompt = "12+7=", .response = marks[i % 5], .columns = columns, .finished = i % 2 == 0});
    }
    const auto verdicts = run_verifier(*verifier, requests, {}, Clock::system());
    ASSERT_EQ(verdicts.size(), requests.size());
    for (const verifiers::Verdict& verdict : verdicts) {
      EXPECT_TRUE(is_utf8(verdict.extracted));
      EXPECT_TRUE(is_utf8(verdict.explanation));
      if (name != std::string("code")) { EXPECT_NE(verdict.outcome, Outcome::kInfraError) << verdict.explanation; }
    }
  }
}

TEST_F(HostileOutput, TheStoreAndItsViewsStayWhole) {
  const pipeline::Prompts prompts(folder, "auto");
  pipeline::Judges judges(pipeline::settled({}, prompts.chat()));
  std::vector<Group> groups = sampled(prompts);
  {
    trajectory::Store store = trajectory::Store::open_writer(folder.parent_path() / "laconic.db");
    for (Group& group : groups) {
      group.problem_id = "p";
      group.prompt = "12+7=";
      group.columns = R"({"answer":"19"})";
      std::vector<std::string> texts;
      for (Trajectory& sample : group.samples) {
        texts.push_back(prompts.response_text(sample));
        sample.judged = true;
        sample.judgement = {Outcome::kFail, 0, "integer", texts.back(), "says " + texts.back(), 0.001, 1, {}};
      }
      store.save_group(group, texts);
    }
  }
  const trajectory::Store store = trajectory::Store::open_reader(folder.parent_path() / "laconic.db");
  for (const Group& group : groups) {
    const auto back = store.load_group(group.ticket);
    ASSERT_TRUE(back);
    for (std::size_t i = 0; i < group.samples.size(); ++i) {
      EXPECT_EQ(back->samples[i].tokens, group.samples[i].tokens);
      EXPECT_EQ(back->samples[i].prompt_length(), group.samples[i].prompt_length());
      EXPECT_EQ(back->samples[i].forced_length(), group.samples[i].forced_length());
    }
  }
  const std::vector<std::vector<std::string>> commands = {{"list", "tiny-1", "--limit", "100"}, {"group", "tiny-1", "s0/train/1/0/2"},
                                                          {"show", "tiny-1", "s0/train/1/0/2/3"}, {"show", "tiny-1", "s0/train/1/0/3/15"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(command[0]);
    std::vector<std::string> words = {"traj"};
    words.insert(words.end(), command.begin(), command.end());
    words.insert(words.end(), {"--runs", runs()});
    const Said people = say(words);
    EXPECT_EQ(people.code, 0) << people.err;
    EXPECT_TRUE(is_utf8(people.out));
    for (const char c : people.out) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') << "control character " << int(c);
    words.push_back("--json");
    const Said programs = say(words);
    EXPECT_EQ(programs.code, 0) << programs.err;
    EXPECT_TRUE(is_utf8(programs.out));
    EXPECT_FALSE(Json::parse(programs.out, nullptr, false).is_discarded());
  }
  const Said shown = say({"traj", "show", "tiny-1", "s0/train/1/0/2/3", "--tokens", "--runs", runs()});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, testing::HasSubstr("environment"));
}

}  // namespace
}  // namespace laconic::cli
