#include "rollout/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "base/error.h"
#include "rollout/page_pool.h"
#include "tests/rollout/tiny_model.h"
#include "wire/protocol.h"

namespace laconic::rollout {
namespace {

using testing::HasSubstr;
using testing_model::config;
using testing_model::request;
using trajectory::Group;
using trajectory::Trajectory;

const model::ModelPtr& tiny() {
  static const model::ModelPtr model = testing_model::model();
  return model;
}

std::int64_t pages(std::int64_t n) { return static_cast<std::int64_t>(model::kv_bytes(config(), n)); }

std::map<std::uint64_t, Group> finish(Engine& engine) {
  std::map<std::uint64_t, Group> groups;
  while (!engine.idle()) engine.step([&](std::uint64_t id, Group group) { groups.emplace(id, std::move(group)); });
  return groups;
}

std::map<std::uint64_t, Group> run(const std::vector<wire::RolloutLease>& requests, EngineOptions options = {}, int threads = 1, EngineStats* stats = nullptr) {
  ThreadTeam team(threads);
  team.set_spin(false);  // the machine may be busy with other tests
  Engine engine(tiny(), team, options);
  for (std::size_t i = 0; i < requests.size(); ++i) engine.submit(i, requests[i]);
  auto groups = finish(engine);
  EXPECT_EQ(engine.stats().pages_used, 0);
  if (stats) *stats = engine.stats();
  return groups;
}

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> out;
  for (const float v : values) out.push_back(std::bit_cast<std::uint32_t>(v));
  return out;
}

void expect_same(const Group& a, const Group& b) {
  EXPECT_EQ(a.ticket, b.ticket);
  EXPECT_EQ(a.prompt_expert_ids, b.prompt_expert_ids);
  ASSERT_EQ(a.samples.size(), b.samples.size());
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    SCOPED_TRACE(to_text(a.samples[i].ticket));
    EXPECT_EQ(a.samples[i].ticket, b.samples[i].ticket);
    EXPECT_EQ(a.samples[i].tokens, b.samples[i].tokens);
    EXPECT_EQ(bits(a.samples[i].logprob), bits(b.samples[i].logprob));
    EXPECT_EQ(bits(a.samples[i].entropy), bits(b.samples[i].entropy));
    EXPECT_EQ(a.samples[i].expert_ids, b.samples[i].expert_ids);
    EXPECT_EQ(a.samples[i].kept.offsets, b.samples[i].kept.offsets);
    EXPECT_EQ(a.samples[i].kept.ids, b.samples[i].kept.ids);
    EXPECT_EQ(a.samples[i].stop, b.samples[i].stop);
  }
}

const std::vector<wire::Sampling>& samplings() {
  static const std::vector<wire::Sampling> list = {{1, 1, 0, 0}, {0.7, 1, 0, 0}, {0.7, 0.9, 40, 0}, {1.3, 1, 5, 0}, {0, 1, 0, 0}, {0.9, 0.8, 0, 0}};
  return list;
}

// A mixed crowd: prompts of one token to several pages, page boundaries included, every sampling.
std::vector<wire::RolloutLease> crowd() {
  std::vector<wire::RolloutLease> requests;
  const std::int32_t prompts[] = {1, 5, 31, 32, 33, 64, 90};
  for (std::int32_t i = 0; i < 7; ++i)
    requests.push_back(request(i, prompts[i], 1 + i % 4, 20 + 10 * i, samplings()[static_cast<std::size_t>(i) % samplings().size()]));
  for (auto& r : requests) r.stop_ids = {3, 77, 200};
  return requests;
}

TEST(Engine, ASampleDoesNotDependOnItsCompany) {
  const auto requests = crowd();
  const auto together = run(requests);
  ASSERT_EQ(together.size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(run({requests[i]}).at(0), together.at(i));
  }
  auto reversed = requests;
  std::reverse(reversed.begin(), reversed.end());
  const auto backwards = run(reversed);
  for (std::size_t i = 0; i < requests.size(); ++i) expect_same(backwards.at(requests.size() - 1 - i), together.at(i));
}

TEST(Engine, NorOnThreadsChunksBatchOrPreemption) {
  const auto requests = crowd();
  const auto reference = run(requests);
  struct Case { EngineOptions options; int threads; bool preempts; };
  const std::vector<Case> cases = {{{256 << 20, 512, 512}, 2, false}, {{256 << 20, 7, 512}, 1, false}, {{256 << 20, 1, 3}, 1, false},
                                   {{256 << 20, 33, 1}, 2, false},   {{pages(6), 16, 64}, 1, true},  {{pages(9), 512, 512}, 2, true}};
  for (std::size_t c = 0; c < cases.size(); ++c) {
    SCOPED_TRACE(c);
    EngineStats stats;
    const auto groups = run(requests, cases[c].options, cases[c].threads, &stats);
    ASSERT_EQ(groups.size(), requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) expect_same(groups.at(i), reference.at(i));
    EXPECT_EQ(stats.preemptions > 0, cases[c].preempts);
  }
}

TEST(Engine, RandomRequestsArrivingAndLeavingAtAnyTime) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE(seed);
    PhiloxStream random(seed, 9);
    std::vector<wire::RolloutLease> requests;
    for (std::int32_t i = 0; i < 14; ++i) {
      requests.push_back(request(i, 1 + static_cast<std::int32_t>(random.below(80)), 1 + static_cast<std::int32_t>(random.below(5)),
                                 1 + static_cast<std::int32_t>(random.below(50)), samplings()[random.below(6)]));
      requests.back().stop_ids = {static_cast<std::int32_t>(random.below(310)), 9};
    }
    const auto reference = run(requests);
    ThreadTeam team(1 + static_cast<int>(seed % 2));
    team.set_spin(false);
    Engine engine(tiny(), team, {pages(5 + static_cast<std::int64_t>(random.below(10))), 1 + static_cast<std::int32_t>(random.below(40)),
                                 1 + static_cast<std::int32_t>(random.below(20))});
    std::size_t next = 0, compared = 0;
    while (next < requests.size() || !engine.idle()) {
      if (next < requests.size() && random.below(4) == 0) {
        engine.submit(next, requests[next]);
        ++next;
      }
      if (random.below(60) == 0) {  // one goes, and comes again
        const std::uint64_t id = random.below(static_cast<std::uint32_t>(requests.size()));
        if (engine.cancel(id)) engine.submit(id, requests[id]);
      }
      engine.step([&](std::uint64_t id, Group group) {
        expect_same(group, reference.at(id));
        ++compared;
      });
    }
    EXPECT_EQ(compared, requests.size());
    EXPECT_EQ(engine.stats().pages_used, 0);
  }
}

TEST(Engine, SamplesOfAGroupDiffer) {
  const Group group = run({request(0, 12, 6, 24)}).at(0);
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(group.samples[i].tokens, group.samples[j].tokens);
  const Group greedy = run({request(0, 12, 3, 24, {0, 1, 0, 0})}).at(0);
  EXPECT_EQ(greedy.samples[0].tokens, greedy.samples[2].tokens);
}

TEST(Engine, RecordsAreWhole) {
  const auto requests = crowd();
  const auto groups = run(requests);
  const std::size_t width = static_cast<std::size_t>(config().moe_layers() * config().num_experts_per_tok);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Group& g = groups.at(i);
    wire::decode_group(wire::encode_group(1, g));  // checks every size and span
    EXPECT_EQ(g.weight_version, 5);
    EXPECT_EQ(g.prompt_expert_ids.size(), width * requests[i].prompt.size());
    for (const Trajectory& t : g.samples) {
      EXPECT_EQ(t.prompt_length(), static_cast<std::int32_t>(requests[i].prompt.size()));
      EXPECT_LE(t.response_length(), requests[i].sampling.max_tokens);
      const bool stopped = t.tokens.back() == 3 || t.tokens.back() == 77 || t.tokens.back() == 200;
      EXPECT_EQ(t.stop == trajectory::StopReason::kEndToken, stopped);
      if (!stopped) { EXPECT_EQ(t.response_length(), requests[i].sampling.max_tokens); }
      EXPECT_EQ(t.kept.offsets.empty(), requests[i].sampling.top_k == 0 && requests[i].sampling.top_p == 1);
      for (std::int32_t k = 0; k < t.response_length(); ++k) {
        const std::int32_t id = t.tokens[static_cast<std::size_t>(t.prompt_length() + k)];
        EXPECT_LT(id, config().token_count);
        EXPECT_TRUE(stopped && k + 1 == t.response_length() ? true : id != 3 && id != 77 && id != 200) << "went on after a stop token";
        if (t.kept.offsets.empty()) continue;
        const auto first = t.kept.ids.begin() + t.kept.offsets[static_cast<std::size_t>(k)], last = t.kept.ids.begin() + t.kept.offsets[static_cast<std::size_t>(k) + 1];
        EXPECT_TRUE(std::binary_search(first, last, id));
        if (requests[i].sampling.top_k > 0) { EXPECT_LE(last - first, requests[i].sampling.top_k); }
      }
    }
  }
}

TEST(Engine, StopsAtMaxTokensAndAtStopIds) {
  const Group one = run({request(0, 12, 3, 1)}).at(0);
  for (const Trajectory& t : one.samples) {
    EXPECT_EQ(t.response_length(), 1);
    EXPECT_EQ(t.stop, trajectory::StopReason::kLength);
    EXPECT_TRUE(t.expert_ids.empty());
  }
  wire::RolloutLease all_stop = request(0, 12, 3, 10);
  for (std::int32_t id = 0; id < 310; ++id) all_stop.stop_ids.push_back(id);
  const Group stopped = run({all_stop}).at(0);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stopped.samples[i].tokens, one.samples[i].tokens);
    EXPECT_EQ(stopped.samples[i].stop, trajectory::StopReason::kEndToken);
  }
}

// The learner's view: all samples of all groups packed into one pass, each prompt repeated, scored as
// targets, routing forced to the record: every log-prob and entropy is the same bits.
void expect_the_same_bits_when_scored(const std::vector<wire::RolloutLease>& requests, const std::map<std::uint64_t, Group>& groups) {
  const std::size_t width = static_cast<std::size_t>(config().moe_layers() * config().num_experts_per_tok);
  for (const bool force : {false, true}) {
    PagePool pool(config(), pages(400));
    std::vector<std::vector<std::int32_t>> tables;
    std::vector<model::Slice> slices;
    std::vector<kernels::HeadRow> heads;
    std::vector<std::uint16_t> experts;
    std::vector<std::uint32_t> logprob, entropy;
    std::int64_t row = 0;
    for (const auto& [id, g] : groups) {
      for (const Trajectory& t : g.samples) {
        const wire::Sampling& s = requests[id].sampling;
        const auto fed = static_cast<std::int32_t>(t.tokens.size()) - 1;
        auto& table = tables.emplace_back();
        for (std::int64_t p = 0; p < PagePool::pages_for(fed); ++p) table.push_back(pool.take());
        slices.push_back({t.tokens.data(), fed, 0, table.data()});
        experts.insert(experts.end(), g.prompt_expert_ids.begin(), g.prompt_expert_ids.end());
        experts.insert(experts.end(), t.expert_ids.begin(), t.expert_ids.end());
        std::size_t k = 0;  // among the model's tokens
        for (const trajectory::Span& span : t.spans) {
          if (span.source != trajectory::Source::kModel) continue;
          for (std::int32_t at = span.start; at < span.start + span.length; ++at, ++k) {
            kernels::HeadRow h;
            h.row = row + at - 1;
            h.target = t.tokens[static_cast<std::size_t>(at)];
            h.temperature = static_cast<float>(s.temperature);
            if (!t.kept.offsets.empty()) {
              const auto from = static_cast<std::size_t>(t.kept.offsets[k]), to = static_cast<std::size_t>(t.kept.offsets[k + 1]);
              h.kept = std::span(t.kept.ids).subspan(from, to - from);
            }
            heads.push_back(h);
          }
        }
        for (const auto b : bits(t.logprob)) logprob.push_back(b);
        for (const auto b : bits(t.entropy)) entropy.push_back(b);
        row += fed;
      }
    }
    ASSERT_EQ(experts.size(), static_cast<std::size_t>(row) * width);
    ASSERT_EQ(heads.size(), logprob.size());
    std::vector<kernels::HeadResult> results(heads.size());
    std::vector<std::uint16_t> routed(experts.size());
    model::ForwardArgs args;
    args.slices = slices;
    args.kv = pool.cache();
    args.head_rows = heads;
    args.head_results = results.data();
    args.forced_experts = force ? experts.data() : nullptr;
    args.routed_experts = routed.data();
    ThreadTeam team(2);
    model::Workspace workspace;
    model::forward(team, *tiny(), workspace, args);
    EXPECT_EQ(routed, experts);
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(results[i].logprob), logprob[i]) << i;
      EXPECT_EQ(std::bit_cast<std::uint32_t>(results[i].entropy), entropy[i]) << i;
    }
  }
}

TEST(Engine, ScoringGivesTheSameBits) {
  const auto requests = crowd();
  expect_the_same_bits_when_scored(requests, run(requests, {pages(8), 24, 16}));
}

// The crowd, thinking: token 50 ends it. Frequent enough that some samples end by themselves.
constexpr std::int32_t kClose = 50, kOpen = 60;
const std::vector<std::int32_t> kForced = {11, 12, kClose, 13};

std::vector<wire::RolloutLease> thinkers(std::int32_t budget, std::int32_t open_id = -1) {
  auto requests = crowd();
  for (auto& r : requests) {
    r.samples += 3;
    r.sampling.max_tokens = 40;
    r.think = {budget, open_id, kClose, kForced};
  }
  return requests;
}

TEST(ThinkBudget, ASampleIsTheUnlimitedOneUntilItsBudgetIsSpent) {
  for (const std::int32_t budget : {1, 9, 25}) {
    SCOPED_TRACE(budget);
    const auto requests = thinkers(budget);
    const auto unlimited = run(thinkers(-1)), limited = run(requests);
    int forced = 0, by_itself = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      wire::decode_group(wire::encode_group(1, limited.at(i)));  // checks every size and span
      for (std::size_t k = 0; k < limited.at(i).samples.size(); ++k) {
        const Trajectory &t = limited.at(i).samples[k], &free = unlimited.at(i).samples[k];
        const auto prompt = static_cast<std::int32_t>(requests[i].prompt.size());
        ASSERT_EQ(t.prompt_length(), prompt);
        const auto begin = free.tokens.begin() + prompt, until = begin + std::min(budget, free.response_length());
        const bool thought = free.response_length() > budget && std::find(begin, until, kClose) == until;
        EXPECT_EQ(t.forced_length(), thought ? 4 : 0);
        if (!thought) {
          ++by_itself;
          EXPECT_EQ(t.tokens, free.tokens);
          EXPECT_EQ(bits(t.logprob), bits(free.logprob));
          continue;
        }
        ++forced;
        std::vector<std::int32_t> expected(free.tokens.begin(), until);
        expected.insert(expected.end(), kForced.begin(), kForced.end());
        ASSERT_GT(t.tokens.size(), expected.size());
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), t.tokens.begin()));
        ASSERT_EQ(t.spans.size(), requests[i].spans.size() + 3);
        const trajectory::Span& put_in = t.spans[t.spans.size() - 2];
        EXPECT_EQ(put_in.source, trajectory::Source::kEnvironment);
        EXPECT_EQ(put_in.start, prompt + budget);
        EXPECT_LE(t.response_length(), 40);
        if (t.stop == trajectory::StopReason::kLength) { EXPECT_EQ(t.response_length(), 40) << "forced tokens are not the model's"; }
      }
    }
    EXPECT_GT(forced, 5);
    if (budget == 25) { EXPECT_GT(by_itself, 0); }
    expect_the_same_bits_when_scored(requests, limited);
  }
}

TEST(ThinkBudget, NothingToSpendIsTheAnswerAtOnce) {
  const auto requests = thinkers(0);
  const auto groups = run(requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    wire::decode_group(wire::encode_group(1, groups.at(i)));
    for (const Trajectory& t : groups.at(i).samples) {
      const auto prompt = static_cast<std::int32_t>(requests[i].prompt.size());
      EXPECT_EQ(t.prompt_length(), prompt);
      EXPECT_EQ(t.forced_length(), 4);
      EXPECT_TRUE(std::equal(kForced.begin(), kForced.end(), t.tokens.begin() + prompt));
    }
  }
  expect_the_same_bits_when_scored(requests, groups);
  // The same as asking with the forced tokens at the prompt's end: positions and draws are as they are.
  wire::RolloutLease asked = requests[4];
  asked.think = {};
  asked.prompt.insert(asked.prompt.end(), kForced.begin(), kForced.end());
  asked.spans.push_back({trajectory::Source::kTemplate, -1, static_cast<std::int32_t>(requests[4].prompt.size()), 4});
  EXPECT_EQ(run({asked}).at(0).samples[1].tokens, groups.at(4).samples[1].tokens);
}

TEST(ThinkBudget, CountsFromTheTokenThatOpensAndTouchesNoSampleThatNeverThinks) {
  const auto requests = thinkers(4, kOpen);
  const auto free = run(thinkers(-1)), limited = run(requests);
  int opened = 0, untouched = 0;
  for (std::size_t i = 0; i < requests.size(); ++i)
    for (std::size_t k = 0; k < limited.at(i).samples.size(); ++k) {
      const Trajectory &t = limited.at(i).samples[k], &f = free.at(i).samples[k];
      const auto begin = f.tokens.begin() + f.prompt_length(), open = std::find(begin, f.tokens.end(), kOpen);
      if (open == f.tokens.end()) {
        ++untouched;
        EXPECT_EQ(t.tokens, f.tokens);
      } else if (t.forced_length() > 0) {
        ++opened;
        EXPECT_EQ(t.spans[t.spans.size() - 2].start, (open - f.tokens.begin()) + 1 + 4);
      }
    }
  EXPECT_GT(opened, 0);
  EXPECT_GT(untouched, 0);
  expect_the_same_bits_when_scored(requests, limited);
}

TEST(ThinkBudget, DoesNotDependOnCompanyThreadsChunksOrPreemption) {
  for (const std::int32_t budget : {0, 5}) {
    const auto requests = thinkers(budget);
    const auto reference = run(requests);
    struct Case { EngineOptions options; int threads; bool preempts; };
    for (const Case& c : std::vector<Case>{{{256 << 20, 2, 3}, 2, false}, {{pages(8), 3, 64}, 1, true}}) {
      EngineStats stats;
      const auto groups = run(requests, c.options, c.threads, &stats);
      for (std::size_t i = 0; i < requests.size(); ++i) expect_same(groups.at(i), reference.at(i));
      EXPECT_EQ(stats.preemptions > 0, c.preempts);
    }
  }
}

TEST(ThinkBudget, ALeaseThatCouldNotEndTheThinkingIsRefused) {
  ThreadTeam team(1);
  Engine engine(tiny(), team, {});
  const auto refused = [&](wire::ThinkBudget think, const std::string& text) {
    wire::RolloutLease r = request(0, 200, 1, 52);
    r.think = std::move(think);
    EXPECT_THAT([&] { engine.submit(1, r); }, testing::ThrowsMessage<Error>(HasSubstr(text)));
  };
  refused({3, -1, kClose, {11}}, "does not hold");
  refused({3, -1, -1, {11}}, "does not hold");
  refused({3, -1, kClose, {320, kClose}}, "vocabulary");
  refused({3, -1, kClose, {11, 11, 11, 11, kClose}}, "5 forced");
  engine.submit(1, request(0, 200, 1, 52));
}

TEST(Engine, FinishesOneSampleWhereItStands) {
  for (const std::int32_t budget : {-1, 4}) {  // 4: the budget is spent with the token that it is finished at
    wire::RolloutLease asked = request(0, 12, 3, 15);
    asked.think = {budget, -1, kClose, kForced};
    const Group whole = run({asked}).at(0);
    ThreadTeam team(1);
    Engine engine(tiny(), team, {});
    engine.submit(4, asked);
    EXPECT_FALSE(engine.finish(4, 1)) << "not yet begun";
    EXPECT_FALSE(engine.finish(5, 0)) << "no such request";
    Group group;
    int seen = 0;
    while (!engine.idle())
      engine.step([&](std::uint64_t, Group g) { group = std::move(g); },
                  [&](const StreamedToken& t) {
                    if (t.sample != 1 || ++seen != 4) return;
                    EXPECT_TRUE(engine.finish(4, 1));
                    EXPECT_FALSE(engine.finish(4, 1)) << "it is finished";
                  });
    wire::decode_group(wire::encode_group(1, group));
    EXPECT_EQ(group.samples[1].response_length(), 4);
    EXPECT_EQ(group.samples[1].forced_length(), 0);
    EXPECT_EQ(group.samples[1].stop, trajectory::StopReason::kEndToken);
    EXPECT_TRUE(std::equal(group.samples[1].tokens.begin(), group.samples[1].tokens.end(), whole.samples[1].tokens.begin()));
    for (const std::size_t other : {0u, 2u}) EXPECT_EQ(group.samples[other].tokens, whole.samples[other].tokens);
    EXPECT_EQ(engine.stats().pages_used, 0);
  }
}

TEST(Engine, StreamsWhatItReturns) {
  for (const std::int32_t budget : {-1, 0, 6}) {
    ThreadTeam team(1);
    Engine engine(tiny(), team, {});
    wire::RolloutLease asked = request(0, 12, 3, 15);
    asked.think = {budget, -1, kClose, kForced};
    engine.submit(4, asked);
    std::map<std::int32_t, std::vector<std::int32_t>> seen;
    std::map<std::int32_t, int> forced;
    Group group;
    while (!engine.idle())
      engine.step([&](std::uint64_t id, Group g) { EXPECT_EQ(id, 4u); group = std::move(g); },
                  [&](const StreamedToken& t) {
                    EXPECT_EQ(t.id, 4u);
                    seen[t.sample].push_back(t.token);
                    forced[t.sample] += t.forced;
                  });
    for (std::int32_t i = 0; i < 3; ++i) {
      const auto& t = group.samples[static_cast<std::size_t>(i)];
      EXPECT_EQ(seen[i], std::vector<std::int32_t>(t.tokens.begin() + 12, t.tokens.end()));
      EXPECT_EQ(forced[i], t.forced_length());
    }
  }
}

TEST(Engine, AGroupsPromptIsFedOnce) {
  EngineStats stats;
  run({request(0, 100, 8, 10)}, {}, 1, &stats);
  EXPECT_EQ(stats.prompt_tokens, 100);
  EXPECT_EQ(stats.sampled_tokens, 80);
  EXPECT_EQ(stats.forwards, 10);
  EXPECT_LE(stats.pages_peak, 4 + 8);
}

TEST(Engine, RefusesWhatCanNeverBeDone) {
  ThreadTeam team(1);
  Engine engine(tiny(), team, {pages(3), 512, 512});
  const auto refused = [&](wire::RolloutLease r, const std::string& text) {
    EXPECT_THAT([&] { engine.submit(1, r); }, testing::ThrowsMessage<Error>(HasSubstr(text)));
  };
  refused(request(0, 90, 1, 8), "needs 4 pages");
  refused(request(0, 200, 1, 100), "positions");
  refused(request(0, 5, 1, 5, {1, 1, 2000, 0}), "top_k");
  refused(request(0, 5, 0, 5), "samples");
  refused(request(0, 0, 1, 5), "empty");
  wire::RolloutLease outside = request(0, 5, 1, 5);
  outside.prompt[2] = 320;
  refused(outside, "vocabulary");
  wire::RolloutLease uncovered = request(0, 5, 1, 5);
  uncovered.spans[0].length = 4;
  refused(uncovered, "spans");
  EXPECT_TRUE(engine.idle());
  engine.submit(1, request(0, 90, 2, 7));  // 96 tokens are fed: exactly three pages
  refused(request(0, 5, 1, 5), "in flight");
  EXPECT_THROW(engine.set_model(tiny()), Error);
  EXPECT_EQ(finish(engine).at(1).samples.size(), 2u);
  EXPECT_FALSE(engine.cancel(1));
  EXPECT_THROW(Engine(tiny(), team, {pages(3), 0, 512}), Error);
  EXPECT_THROW(Engine(tiny(), team, {10, 512, 512}), Error);
}

TEST(Engine, ANewModelGivesNewSamples) {
  ThreadTeam team(1);
  Engine engine(tiny(), team, {});
  engine.submit(0, request(0, 12, 2, 15));
  const Group before = finish(engine).at(0);
  engine.set_model(testing_model::model(8));
  engine.submit(0, request(0, 12, 2, 15));
  const Group between = finish(engine).at(0);
  engine.set_model(tiny());
  engine.submit(0, request(0, 12, 2, 15));
  expect_same(finish(engine).at(0), before);
  EXPECT_NE(between.samples[0].tokens, before.samples[0].tokens);
}

}  // namespace
}  // namespace laconic::rollout
