#include "wire/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/philox.h"
#include "tests/wire/examples.h"

namespace laconic::wire {
namespace {

using testing::HasSubstr;
using trajectory::Group;

Message through_the_wire(const Message& m) { return decode(encode(m)); }

void expect_equal(const std::vector<trajectory::Span>& a, const std::vector<trajectory::Span>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].source, b[i].source);
    EXPECT_EQ(a[i].weight_version, b[i].weight_version);
    EXPECT_EQ(a[i].start, b[i].start);
    EXPECT_EQ(a[i].length, b[i].length);
  }
}

TEST(Protocol, HelloSurvives) {
  const Hello h = decode_hello(through_the_wire(encode_hello({"verifier", 3, 4711})));
  EXPECT_EQ(h.role, "verifier");
  EXPECT_EQ(h.index, 3);
  EXPECT_EQ(h.pid, 4711);
}

TEST(Protocol, RolloutLeaseSurvives) {
  const RolloutLease in = examples::rollout_lease();
  const Message m = through_the_wire(encode_rollout_lease(99, in));
  EXPECT_EQ(m.id, 99u);
  const RolloutLease out = decode_rollout_lease(m);
  EXPECT_EQ(out.ticket, in.ticket);
  EXPECT_EQ(out.philox_key, in.philox_key);
  EXPECT_EQ(out.weight_version, in.weight_version);
  EXPECT_EQ(out.samples, in.samples);
  EXPECT_EQ(out.sampling.temperature, in.sampling.temperature);
  EXPECT_EQ(out.sampling.top_p, in.sampling.top_p);
  EXPECT_EQ(out.sampling.top_k, in.sampling.top_k);
  EXPECT_EQ(out.sampling.max_tokens, in.sampling.max_tokens);
  EXPECT_EQ(out.prompt, in.prompt);
  EXPECT_EQ(out.stop_ids, in.stop_ids);
  EXPECT_EQ(out.deadline_seconds, in.deadline_seconds);
  expect_equal(out.spans, in.spans);
  EXPECT_EQ(out.think.tokens, in.think.tokens);
  EXPECT_EQ(out.think.open_id, in.think.open_id);
  EXPECT_EQ(out.think.close_id, in.think.close_id);
  EXPECT_EQ(out.think.forced, in.think.forced);
}

TEST(Protocol, GroupSurvives) {
  const Group in = examples::group();
  const Group out = decode_group(through_the_wire(encode_group(5, in)));
  EXPECT_EQ(out.ticket, in.ticket);
  EXPECT_EQ(out.weight_version, in.weight_version);
  EXPECT_EQ(out.prompt_expert_ids, in.prompt_expert_ids);
  ASSERT_EQ(out.samples.size(), in.samples.size());
  for (std::size_t i = 0; i < in.samples.size(); ++i) {
    const auto &a = in.samples[i], &b = out.samples[i];
    EXPECT_EQ(a.ticket, b.ticket);
    EXPECT_EQ(a.tokens, b.tokens);
    EXPECT_EQ(a.logprob, b.logprob);
    EXPECT_EQ(a.entropy, b.entropy);
    EXPECT_EQ(a.expert_ids, b.expert_ids);
    EXPECT_EQ(a.kept.offsets, b.kept.offsets);
    EXPECT_EQ(a.kept.ids, b.kept.ids);
    EXPECT_EQ(a.stop, b.stop);
    EXPECT_EQ(a.seconds, b.seconds);
    expect_equal(a.spans, b.spans);
  }
}

TEST(Protocol, VerifySurvivesAnyValidText) {
  VerifyLease in{ticket_from_text("s0/eval/3/0/1"), "integer", "2+2?", R"({"answer":"4"})", {{0, "q\"\\\n\0\xEF\xBF\xBD", true}, {1, "", false}}, 10};
  in.items[0].response += std::string("\0\x01", 2);
  const VerifyLease out = decode_verify_lease(through_the_wire(encode_verify_lease(1, in)));
  EXPECT_EQ(out.ticket, in.ticket);
  EXPECT_EQ(out.columns, in.columns);
  ASSERT_EQ(out.items.size(), 2u);
  EXPECT_EQ(out.items[0].response, in.items[0].response);
  EXPECT_FALSE(out.items[1].finished);
  in.items[0].response = "\xff";
  EXPECT_THROW(encode_verify_lease(1, in), Error);
}

TEST(Protocol, VerifyResultSurvives) {
  const VerifyResult in{ticket_from_text("s0/eval/3/0/1"), {{Outcome::kFail, 0.25, "integer", "5", "5 is not 4", 0.125, 2}}};
  const VerifyResult out = decode_verify_result(through_the_wire(encode_verify_result(1, in)));
  ASSERT_EQ(out.judgements.size(), 1u);
  EXPECT_EQ(out.judgements[0].outcome, Outcome::kFail);
  EXPECT_EQ(out.judgements[0].score, 0.25);
  EXPECT_EQ(out.judgements[0].explanation, "5 is not 4");
  EXPECT_EQ(out.judgements[0].attempts, 2);
}

TEST(Protocol, BatchSurvives) {
  const trajectory::Batch in = examples::batch(), out = decode_batch(through_the_wire(encode_batch(1, in)));
  EXPECT_EQ(out.stage, in.stage);
  EXPECT_EQ(out.step, in.step);
  EXPECT_EQ(out.objective, in.objective);
  EXPECT_EQ(out.lengths, in.lengths);
  EXPECT_EQ(out.tokens, in.tokens);
  EXPECT_EQ(out.in_loss, in.in_loss);
  EXPECT_EQ(out.logprob, in.logprob);
  EXPECT_EQ(out.advantage, in.advantage);
  EXPECT_EQ(out.expert_ids, in.expert_ids);
  EXPECT_EQ(out.kept_offsets, in.kept_offsets);
  EXPECT_EQ(out.kept_ids, in.kept_ids);
  EXPECT_EQ(out.temperature, in.temperature);
}

TEST(Protocol, StepResultAndWeightsSurvive) {
  const std::string hash(64, 'a');
  const StepResult r = decode_step_result(through_the_wire(encode_step_result(1, {1, 4, 5, "w/v5", hash, R"({"loss":0.5})"})));
  EXPECT_EQ(r.published_version, 5);
  EXPECT_EQ(r.weights_hash, hash);
  EXPECT_EQ(r.metrics, R"({"loss":0.5})");
  const WeightsNotice w = decode_weights(through_the_wire(encode_weights({1, 5, "w/v5", hash})));
  EXPECT_EQ(w.version, 5);
  EXPECT_EQ(w.path, "w/v5");
  EXPECT_THROW(decode_weights(encode_weights({1, 5, "w/v5", "abc"})), Error);
  EXPECT_THROW(encode_step_result(1, {1, 4, -1, "", "", "[1]"}), Error);
}

// Each change breaks one promise of the record; both sides of the wire must refuse it.
TEST(Protocol, BrokenGroupsAreRefused) {
  const std::vector<std::pair<const char*, std::function<void(Group&)>>> breaks = {
      {"spans cover", [](Group& g) { g.samples[0].spans[1].length -= 1; }},
      {"spans do not cover", [](Group& g) { g.samples[0].spans[1].start += 1; }},
      {"weight version", [](Group& g) { g.samples[0].spans[1].weight_version = -1; }},
      {"logprob", [](Group& g) { g.samples[0].spans[1].source = trajectory::Source::kEnvironment; g.samples[0].spans[1].weight_version = -1; }},
      {"logprob", [](Group& g) { g.samples[1].logprob.pop_back(); }},
      {"entropy", [](Group& g) { g.samples[1].entropy.push_back(0); }},
      {"not finite", [](Group& g) { g.samples[1].logprob[0] = NAN; }},
      {"experts", [](Group& g) { g.samples[1].expert_ids.pop_back(); }},
      {"experts", [](Group& g) { g.prompt_expert_ids.pop_back(); }},
      {"kept_offsets", [](Group& g) { g.samples[0].kept.offsets.pop_back(); }},
      {"ascend", [](Group& g) { std::swap(g.samples[0].kept.offsets[1], g.samples[0].kept.offsets[2]); }},
      {"ascend", [](Group& g) { g.samples[0].kept.offsets[0] = -1; }},
      {"not ascending", [](Group& g) { std::swap(g.samples[0].kept.ids[0], g.samples[0].kept.ids[1]); }},
      {"kept_ids", [](Group& g) { g.samples[0].kept.ids.push_back(1); }},
      {"negative", [](Group& g) { g.samples[0].tokens[3] = -4; }},
      {"prompt differs", [](Group& g) { g.samples[1].tokens[0] = 4; }},
      {"sample 1", [](Group& g) { g.samples[1].ticket.sample = 2; }},
      {"no samples", [](Group& g) { g.samples.clear(); }},
  };
  for (const auto& [text, change] : breaks) {
    Group g = examples::group();
    change(g);
    try {
      encode_group(1, g);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }
}

TEST(Protocol, BrokenLeasesAndBatchesAreRefused) {
  RolloutLease lease = examples::rollout_lease();
  lease.prompt.clear();
  EXPECT_THROW(encode_rollout_lease(1, lease), Error);
  lease = examples::rollout_lease();
  lease.samples = 0;
  EXPECT_THROW(encode_rollout_lease(1, lease), Error);
  lease = examples::rollout_lease();
  lease.deadline_seconds = 0;
  EXPECT_THROW(decode_rollout_lease(encode_rollout_lease(1, lease)), Error);

  const std::vector<std::function<void(trajectory::Batch&)>> breaks = {
      [](auto& b) { b.lengths[0] += 1; },     [](auto& b) { b.lengths = {5, 0}; },       [](auto& b) { b.in_loss.pop_back(); },
      [](auto& b) { b.in_loss[0] = 2; },      [](auto& b) { b.logprob.pop_back(); },     [](auto& b) { b.advantage.push_back(0); },
      [](auto& b) { b.advantage[0] = NAN; },  [](auto& b) { b.expert_ids.pop_back(); },  [](auto& b) { b.kept_offsets.pop_back(); },
      [](auto& b) { b.kept_ids.pop_back(); }, [](auto& b) { b.objective = "sft"; },      [](auto& b) { b.objective = "ppo"; },
      [](auto& b) { b.temperature = -1; }};
  for (std::size_t i = 0; i < breaks.size(); ++i) {
    trajectory::Batch b = examples::batch();
    breaks[i](b);
    EXPECT_THROW(encode_batch(1, b), Error) << i;
  }
}

// Arrays cut, grown, retyped, swapped, numbers changed: decode gives a checked record or an Error.
TEST(Protocol, MutatedGroupsNeverEscape) {
  const Message good = encode_group(1, examples::group());
  const nlohmann::json good_json = nlohmann::json::parse(good.json);
  PhiloxStream random(99, 0);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    Message m = good;
    Array& a = m.arrays[random.below(static_cast<std::uint32_t>(m.arrays.size()))];
    nlohmann::json body = good_json;
    switch (random.below(6)) {
      case 0: a.bytes.resize(a.bytes.size() / 2); break;
      case 1: a.bytes += std::string(8, '\1'); break;
      case 2: if (!a.bytes.empty()) a.bytes[random.below(static_cast<std::uint32_t>(a.bytes.size()))] = static_cast<char>(random.below(256)); break;
      case 3: std::swap(a.bytes, m.arrays[random.below(static_cast<std::uint32_t>(m.arrays.size()))].bytes); break;
      case 4: body["samples"][random.below(2)]["spans"][random.below(2)]["length"] = static_cast<std::int64_t>(random.next()) - 2000000000; break;
      case 5: body["expert_width"] = random.below(2000000); break;
    }
    m.json = body.dump();
    try {
      encode_group(1, decode_group(m));
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 2500);
}

}  // namespace
}  // namespace laconic::wire
