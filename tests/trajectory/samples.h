// Random groups for the store's tests, and bitwise comparison.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/philox.h"
#include "trajectory/record.h"

namespace laconic::trajectory {

struct TempFolder {
  fs::path path;
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "laconic-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TempFolder() { fs::remove_all(path); }
  fs::path db() const { return path / "laconic.db"; }
};

inline std::vector<float> random_bits(PhiloxStream& random, int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(std::bit_cast<float>(random.next()));  // NaNs of all kinds among them
  return values;
}

inline std::string text_of(const Ticket& ticket) { return "response " + to_text(ticket) + " \xE2\x82\xAC\xEF\xBF\xBD"; }

inline Group random_group(const Ticket& ticket, std::uint64_t seed, int samples = 3, bool judged = true) {
  PhiloxStream random(seed, 7);
  Group group;
  group.ticket = ticket.group();
  group.weight_version = 5;
  group.problem_id = "sum/" + std::to_string(seed);
  group.prompt = "What is 1 + 1?\nAnswer \"in a box\" \xE2\x82\xAC";
  group.columns = R"({"answer": "2"})";
  const int prompt = 4, experts = 6;
  for (int i = 0; i < prompt * experts; ++i) group.prompt_expert_ids.push_back(static_cast<std::uint16_t>(random.below(64)));
  for (int s = 0; s < samples; ++s) {
    Trajectory t;
    t.ticket = ticket.of_sample(s);
    const int length = 1 + static_cast<int>(random.below(40));
    for (int i = 0; i < prompt + length; ++i) t.tokens.push_back(static_cast<std::int32_t>(random.next()));
    t.spans = {{Source::kTemplate, -1, 0, 1}, {Source::kUser, -1, 1, prompt - 1}, {Source::kModel, 5, prompt, length}};
    t.logprob = random_bits(random, length);
    t.entropy = random_bits(random, length);
    for (int i = 0; i < (length - 1) * experts; ++i) t.expert_ids.push_back(static_cast<std::uint16_t>(random.below(s ? 60000 : 256)));
    if (s == 1) {
      t.kept.offsets = {0};
      for (int i = 0; i < length; ++i) {
        for (std::uint32_t k = random.below(5); k > 0; --k) t.kept.ids.push_back(static_cast<std::int32_t>(random.below(50000)));
        t.kept.offsets.push_back(static_cast<std::int32_t>(t.kept.ids.size()));
      }
    }
    t.stop = s == 2 ? StopReason::kLength : StopReason::kEndToken;
    t.judged = judged;
    if (judged) t.judgement = {s == 0 ? Outcome::kPass : Outcome::kFail, random.uniform(), "integer", "2", "2 = 2, exactly", random.uniform(), s + 1};
    t.reward = random.normal();
    t.reward_length = s == 0 ? -0.0 : random.normal();
    t.advantage = random.normal() * 1e-300;
    t.in_loss = s != 1;
    t.seconds = random.uniform();
    group.samples.push_back(t);
  }
  return group;
}

inline std::vector<std::string> texts_of(const Group& group) {
  std::vector<std::string> texts;
  for (const Trajectory& t : group.samples) texts.push_back(text_of(t.ticket));
  return texts;
}

template <class T>
std::string bits(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}
inline std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

inline void expect_same(const Group& a, const Group& b) {
  EXPECT_EQ(a.ticket, b.ticket);
  EXPECT_EQ(a.weight_version, b.weight_version);
  EXPECT_EQ(a.problem_id, b.problem_id);
  EXPECT_EQ(a.prompt, b.prompt);
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.prompt_expert_ids, b.prompt_expert_ids);
  ASSERT_EQ(a.samples.size(), b.samples.size());
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    const Trajectory &x = a.samples[i], &y = b.samples[i];
    SCOPED_TRACE(to_text(x.ticket));
    EXPECT_EQ(x.ticket, y.ticket);
    EXPECT_EQ(x.tokens, y.tokens);
    ASSERT_EQ(x.spans.size(), y.spans.size());
    for (std::size_t s = 0; s < x.spans.size(); ++s) EXPECT_EQ(0, std::memcmp(&x.spans[s].weight_version, &y.spans[s].weight_version, 12));
    EXPECT_EQ(bits(x.logprob), bits(y.logprob));
    EXPECT_EQ(bits(x.entropy), bits(y.entropy));
    EXPECT_EQ(x.expert_ids, y.expert_ids);
    EXPECT_EQ(x.kept.offsets, y.kept.offsets);
    EXPECT_EQ(x.kept.ids, y.kept.ids);
    EXPECT_EQ(x.stop, y.stop);
    EXPECT_EQ(x.judged, y.judged);
    EXPECT_EQ(x.judgement.outcome, y.judgement.outcome);
    EXPECT_EQ(bits(x.judgement.score), bits(y.judgement.score));
    EXPECT_EQ(x.judgement.verifier, y.judgement.verifier);
    EXPECT_EQ(x.judgement.extracted, y.judgement.extracted);
    EXPECT_EQ(x.judgement.explanation, y.judgement.explanation);
    EXPECT_EQ(bits(x.judgement.seconds), bits(y.judgement.seconds));
    EXPECT_EQ(x.judgement.attempts, y.judgement.attempts);
    EXPECT_EQ(bits(x.reward), bits(y.reward));
    EXPECT_EQ(bits(x.reward_length), bits(y.reward_length));
    EXPECT_EQ(bits(x.advantage), bits(y.advantage));
    EXPECT_EQ(x.in_loss, y.in_loss);
    EXPECT_EQ(bits(x.seconds), bits(y.seconds));
  }
}

}  // namespace laconic::trajectory
