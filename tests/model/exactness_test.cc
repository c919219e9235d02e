// One forward pass: a token's bits do not depend on its company, on how its sequence was cut, on the
// thread that computed it, or on the instruction set.
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>

#include <gtest/gtest.h>

#include "base/philox.h"
#include "kernels/isa.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

// Everything that forward() says about one position.
struct Value {
  std::uint32_t logprob = 0, entropy = 0;
  std::vector<std::uint16_t> experts;
  std::vector<std::uint32_t> hidden;  // residual stream before each block and the head
  bool operator==(const Value&) const = default;
};

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

// Several sequences over one cache, driven step by step; collects the value of every position once.
class Harness {
 public:
  Harness(const Model& model, int threads) : model_(model), c_(config_of(model)), cache_(c_, kPages), team_(threads) {
    free_.resize(kPages);
    std::iota(free_.rbegin(), free_.rend(), 0);
  }

  // Pages of a new sequence, scattered over the cache; the first of them may be another's.
  int add(std::vector<std::int32_t> tokens, std::vector<std::int32_t> shared_pages = {}) {
    Sequence s{std::move(tokens), std::move(shared_pages), {}, 0};
    while (s.pages.size() * kernels::kPageTokens < s.tokens.size()) {
      s.pages.push_back(free_.back());
      free_.pop_back();
      if (free_.size() > 3) std::swap(free_.back(), free_[free_.size() / 2]);
    }
    sequences_.push_back(std::move(s));
    return static_cast<int>(sequences_.size()) - 1;
  }

  const std::vector<std::int32_t>& pages(int index) const { return sequences_[static_cast<std::size_t>(index)].pages; }
  void skip_to(int index, std::int32_t position) { sequences_[static_cast<std::size_t>(index)].position = position; }

  struct Part { int sequence, count; };

  // One batch: the next `count` tokens of each named sequence, in this order.
  void step(const std::vector<Part>& parts, bool force_recorded = false) {
    std::vector<Slice> slices;
    std::vector<kernels::HeadRow> heads;
    std::vector<std::uint16_t> forced;
    std::int64_t rows = 0;
    for (const Part& part : parts) {
      Sequence& s = sequences_[static_cast<std::size_t>(part.sequence)];
      slices.push_back({s.tokens.data() + s.position, part.count, s.position, s.pages.data()});
      for (int i = 0; i < part.count; ++i, ++rows) {
        const auto at = static_cast<std::size_t>(s.position + i);
        kernels::HeadRow head;
        head.row = rows;
        head.target = s.tokens[(at + 1) % s.tokens.size()];
        head.temperature = 0.7f;
        heads.push_back(head);
        if (force_recorded) forced.insert(forced.end(), s.values[at].experts.begin(), s.values[at].experts.end());
      }
    }
    const auto width = static_cast<std::size_t>(c_.moe_layers() * c_.num_experts_per_tok), n = static_cast<std::size_t>(rows);
    const auto hidden = static_cast<std::size_t>(c_.hidden_size), blocks = static_cast<std::size_t>(2 * c_.layers() + 1);
    std::vector<std::uint16_t> routed(n * width);
    std::vector<float> inputs(blocks * n * hidden);
    std::vector<kernels::HeadResult> results(n);
    ForwardArgs args;
    args.slices = slices;
    args.kv = cache_.view();
    args.head_rows = heads;
    args.head_results = results.data();
    args.forced_experts = force_recorded ? forced.data() : nullptr;
    args.routed_experts = routed.data();
    args.block_inputs = inputs.data();
    forward(team_, model_, workspace_, args);
    std::size_t row = 0;
    for (const Part& part : parts) {
      Sequence& s = sequences_[static_cast<std::size_t>(part.sequence)];
      for (int i = 0; i < part.count; ++i, ++row) {
        Value value{bits(results[row].logprob), bits(results[row].entropy), {}, {}};
        EXPECT_FALSE(std::isnan(results[row].logprob));
        value.experts.assign(routed.begin() + static_cast<std::ptrdiff_t>(row * width), routed.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
        for (std::size_t b = 0; b < blocks; ++b)
          for (std::size_t h = 0; h < hidden; ++h) value.hidden.push_back(bits(inputs[(b * n + row) * hidden + h]));
        const auto at = static_cast<std::size_t>(s.position + i);
        if (s.values.size() <= at) s.values.resize(at + 1);
        s.values[at] = std::move(value);
      }
      s.position += part.count;
    }
  }

  const std::vector<Value>& values(int index) const { return sequences_[static_cast<std::size_t>(index)].values; }

 private:
  static constexpr std::int64_t kPages = 40;
  struct Sequence {
    std::vector<std::int32_t> tokens, pages;
    std::vector<Value> values;
    std::int32_t position = 0;
  };

  const Model& model_;
  const Config& c_;
  TestCache cache_;
  ThreadTeam team_;
  Workspace workspace_;
  std::vector<std::int32_t> free_;
  std::vector<Sequence> sequences_;
};

// One model of a family, and one sequence alone in it.
class Subject {
 protected:
  static constexpr int kLength = 75;  // three pages, the last one partly filled
  explicit Subject(const Config& config) : config_(config) {}
  Config config_;
  ModelPtr model_ = pack_model(config_, random_weights(config_, 11));
  std::vector<std::int32_t> tokens_ = random_tokens(config_, 21, kLength);

  std::vector<Value> alone(int threads = 1) {
    Harness h(*model_, threads);
    const int s = h.add(tokens_);
    h.step({{s, kLength}});
    return h.values(s);
  }
};

// "small" is small_config(): every path of a mixture with latent attention at awkward sizes. The others are families.
Config config_named(const std::string& name) { return name == "small" ? small_config() : read_config(golden_folder() / name); }

std::vector<std::string> every_model() {
  std::vector<std::string> names = golden_models();
  names.insert(names.begin(), "small");
  return names;
}

class Exactness : public Subject, public testing::TestWithParam<std::string> {
 protected:
  Exactness() : Subject(config_named(GetParam())) {}
};

INSTANTIATE_TEST_SUITE_P(Families, Exactness, testing::ValuesIn(every_model()), [](const auto& info) { return test_name(info.param); });

TEST_P(Exactness, AloneOrInAnyBatchAndSlot) {
  const std::vector<Value> expected = alone();
  for (int slot = 0; slot < 4; ++slot) {
    Harness h(*model_, 1);
    std::vector<Harness::Part> parts;
    int mine = -1;
    for (int i = 0; i < 4; ++i) {
      const int length = i == slot ? kLength : 1 + 29 * i;
      const int s = h.add(i == slot ? tokens_ : random_tokens(config_, 100 + static_cast<std::uint64_t>(i), length));
      if (i == slot) mine = s;
      parts.push_back({s, length});
    }
    h.step(parts);
    EXPECT_EQ(h.values(mine), expected) << "slot " << slot;
  }
}

TEST_P(Exactness, AnyChunkingOfThePrefill) {
  const std::vector<Value> expected = alone();
  for (const std::vector<int>& chunks : {std::vector{1, 74}, {32, 32, 11}, {31, 1, 1, 42}, {40, 35}, {7, 7, 7, 7, 7, 40}, {74, 1}}) {
    Harness h(*model_, 1);
    const int s = h.add(tokens_);
    for (const int count : chunks) h.step({{s, count}});
    EXPECT_EQ(h.values(s), expected) << chunks[0] << ", " << chunks[1] << ", …";
  }
}

TEST_P(Exactness, DecodeIsPrefillIsScore) {
  const std::vector<Value> expected = alone();
  Harness h(*model_, 1);
  const int s = h.add(tokens_), other = h.add(random_tokens(config_, 5, 90));
  for (int t = 0; t < kLength; ++t) {
    // A neighbour that comes and goes, before or after, one token or a chunk of prefill.
    if (t % 3 == 0) h.step({{s, 1}});
    else if (t % 3 == 1) h.step({{other, 1}, {s, 1}});
    else h.step({{s, 1}, {other, 2}});
  }
  EXPECT_EQ(h.values(s), expected);
}

TEST_P(Exactness, WithAndWithoutSharedPrefixPages) {
  const std::vector<Value> expected = alone();
  Harness h(*model_, 1);
  std::vector<std::int32_t> prefix(tokens_.begin(), tokens_.begin() + 64);
  const int first = h.add(prefix);
  h.step({{first, 64}});
  const int second = h.add(tokens_, h.pages(first));
  h.skip_to(second, 64);
  h.step({{second, 11}});
  EXPECT_EQ(std::vector<Value>(h.values(first).begin(), h.values(first).begin() + 63),
            std::vector<Value>(expected.begin(), expected.begin() + 63));  // its last target differs
  EXPECT_EQ(std::vector<Value>(h.values(second).begin() + 64, h.values(second).end()), std::vector<Value>(expected.begin() + 64, expected.end()));

  // In one and the same batch: the second reads pages that the first writes in that pass.
  Harness together(*model_, 1);
  const int writer = together.add(prefix), reader = together.add(tokens_, together.pages(writer));
  together.skip_to(reader, 64);
  together.step({{reader, 11}, {writer, 64}});
  EXPECT_EQ(std::vector<Value>(together.values(reader).begin() + 64, together.values(reader).end()), std::vector<Value>(expected.begin() + 64, expected.end()));
}

TEST_P(Exactness, AnyNumberOfThreads) {
  const std::vector<Value> expected = alone(1);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(alone(threads), expected) << threads << " threads";
    Harness h(*model_, threads);
    const int s = h.add(tokens_), other = h.add(random_tokens(config_, 6, 40));
    h.step({{other, 33}, {s, 50}});
    for (int t = 50; t < kLength; ++t) h.step({{s, 1}});
    EXPECT_EQ(h.values(s), expected) << threads << " threads, chunked";
  }
}

TEST_P(Exactness, EveryInstructionSet) {
  const kernels::Isa active = kernels::active_isa();
  std::optional<std::vector<Value>> expected;
  std::string names;
  for (const kernels::Isa isa : kernels::executable_isas()) {
    kernels::force_isa(isa);
    const std::vector<Value> values = alone();
    if (!expected) expected = values;
    EXPECT_EQ(values, *expected) << kernels::name_of(isa);
    names += std::string(kernels::name_of(isa)) + " ";
  }
  kernels::force_isa(active);
  std::printf("compared: %s\n", names.c_str());
}

TEST_P(Exactness, ForcedExpertsEqualToTheRoutedOnes) {
  Harness h(*model_, 1);
  const int s = h.add(tokens_);
  h.step({{s, kLength}});
  const std::vector<Value> routed = h.values(s);
  h.skip_to(s, 0);
  h.step({{s, 40}}, true);
  h.step({{s, 35}}, true);
  EXPECT_EQ(h.values(s), routed);
  std::map<std::uint16_t, int> used;
  for (const Value& value : routed)
    for (const std::uint16_t expert : value.experts) ++used[expert];
  EXPECT_GE(2 * used.size(), static_cast<std::size_t>(config_.n_routed_experts));  // the comparison meets most of them
}

// What the rollout sampled, scored again in another packing: the importance ratio is exactly 1.
using Sampling = std::tuple<float, int, float>;  // temperature, top_k, top_p
class Ratio : public Subject, public testing::TestWithParam<std::tuple<std::string, Sampling>> {
 protected:
  Ratio() : Subject(config_named(std::get<0>(GetParam()))) {}
};

TEST_P(Ratio, IsExactlyOne) {
  const auto [temperature, top_k, top_p] = std::get<1>(GetParam());
  constexpr int kSequences = 3, kPrompt = 20, kResponse = 30;
  struct Drawn {
    std::vector<std::int32_t> tokens, pages;
    std::vector<float> logprobs, entropies;
    std::vector<std::vector<std::int32_t>> kept;
    std::vector<std::uint16_t> experts;
  };
  const auto width = static_cast<std::size_t>(config_.moe_layers() * config_.num_experts_per_tok);
  TestCache cache(config_, 2 * kSequences);
  Workspace workspace;
  ThreadTeam one(1), two(2);
  std::vector<Drawn> drawn(kSequences);
  for (int i = 0; i < kSequences; ++i) {
    drawn[static_cast<std::size_t>(i)].tokens = random_tokens(config_, 50 + static_cast<std::uint64_t>(i), kPrompt);
    drawn[static_cast<std::size_t>(i)].pages = {2 * i + 1, 2 * i};
  }
  // Rollout: prompts prefilled together, then one token of each sequence a step.
  for (int t = 0; t < kResponse; ++t) {
    std::vector<Slice> slices;
    std::vector<kernels::HeadRow> heads;
    std::vector<std::vector<std::int32_t>> kept(kSequences, std::vector<std::int32_t>(static_cast<std::size_t>(std::max(top_k, 1))));
    std::int64_t row = 0;
    for (std::size_t i = 0; i < kSequences; ++i) {
      Drawn& d = drawn[i];
      const int count = t == 0 ? kPrompt : 1, position = static_cast<int>(d.tokens.size()) - count;
      slices.push_back({d.tokens.data() + position, count, position, d.pages.data()});
      row += count;
      kernels::HeadRow head;
      head.row = row - 1;
      head.temperature = temperature;
      head.top_k = top_k;
      head.top_p = top_p;
      head.key = 77;
      head.sample = static_cast<std::uint32_t>(i);
      head.position = static_cast<std::uint32_t>(d.tokens.size());
      head.kept_out = top_k > 0 ? kept[i].data() : nullptr;
      heads.push_back(head);
    }
    std::vector<kernels::HeadResult> results(heads.size());
    std::vector<std::uint16_t> routed(static_cast<std::size_t>(row) * width);
    ForwardArgs args;
    args.slices = slices;
    args.kv = cache.view();
    args.head_rows = heads;
    args.head_results = results.data();
    args.routed_experts = routed.data();
    forward(two, *model_, workspace, args);
    std::size_t at = 0;
    for (std::size_t i = 0; i < kSequences; ++i) {
      Drawn& d = drawn[i];
      const auto rows = static_cast<std::size_t>(slices[i].count);
      d.experts.insert(d.experts.end(), routed.begin() + static_cast<std::ptrdiff_t>(at * width), routed.begin() + static_cast<std::ptrdiff_t>((at + rows) * width));
      at += rows;
      d.tokens.push_back(results[i].token);
      d.logprobs.push_back(results[i].logprob);
      d.entropies.push_back(results[i].entropy);
      kept[i].resize(static_cast<std::size_t>(top_k > 0 ? results[i].kept_count : 0));
      d.kept.push_back(kept[i]);
    }
  }
  // Learner: other order, other pages, one batch, one thread, recorded experts and kept sets.
  TestCache scratch(config_, 2 * kSequences);
  std::vector<Slice> slices;
  std::vector<kernels::HeadRow> heads;
  std::vector<std::uint16_t> forced;
  const std::vector<std::int32_t> tables[kSequences] = {{4, 0}, {1, 5}, {2, 3}};
  std::int64_t row = 0;
  for (std::size_t i = kSequences; i-- > 0;) {
    const Drawn& d = drawn[i];
    const auto count = static_cast<std::int32_t>(d.tokens.size()) - 1;  // the last token predicts nothing
    slices.push_back({d.tokens.data(), count, 0, tables[i].data()});
    forced.insert(forced.end(), d.experts.begin(), d.experts.end());
    for (int t = 0; t < kResponse; ++t) {
      kernels::HeadRow head;
      head.row = row + kPrompt - 1 + t;
      head.target = d.tokens[static_cast<std::size_t>(kPrompt + t)];
      head.temperature = temperature;
      head.top_k = top_k;
      head.top_p = top_p;
      head.kept = d.kept[static_cast<std::size_t>(t)];
      heads.push_back(head);
    }
    row += count;
  }
  ASSERT_EQ(forced.size(), static_cast<std::size_t>(row) * width);
  std::vector<kernels::HeadResult> results(heads.size());
  ForwardArgs args;
  args.slices = slices;
  args.kv = scratch.view();
  args.head_rows = heads;
  args.head_results = results.data();
  args.forced_experts = forced.data();
  forward(one, *model_, workspace, args);
  std::size_t at = 0;
  std::map<std::int32_t, int> seen;
  for (std::size_t i = kSequences; i-- > 0;)
    for (std::size_t t = 0; t < kResponse; ++t, ++at) {
      EXPECT_EQ(std::exp(results[at].logprob - drawn[i].logprobs[t]), 1.0f);
      EXPECT_EQ(bits(results[at].logprob), bits(drawn[i].logprobs[t])) << "sequence " << i << ", token " << t;
      EXPECT_EQ(bits(results[at].entropy), bits(drawn[i].entropies[t]));
      EXPECT_LE(results[at].logprob, 0.0f);
      ++seen[drawn[i].tokens[kPrompt + t]];
    }
  EXPECT_GT(seen.size(), temperature == 0 ? 1u : 10u);
}

INSTANTIATE_TEST_SUITE_P(Sampling, Ratio,
                         testing::Combine(testing::Values("small"), testing::Values(Sampling{1.0f, 0, 1.0f}, Sampling{0.6f, 0, 1.0f}, Sampling{1.3f, 20, 1.0f},
                                                                                    Sampling{0.9f, 64, 0.8f}, Sampling{0.0f, 0, 1.0f})));
INSTANTIATE_TEST_SUITE_P(Families, Ratio, testing::Combine(testing::ValuesIn(golden_models()), testing::Values(Sampling{0.8f, 0, 1.0f}, Sampling{1.1f, 20, 0.9f})),
                         [](const auto& info) { return test_name(std::get<0>(info.param)) + (std::get<1>(std::get<1>(info.param)) ? "_truncated" : "_full"); });

// The other shapes of the architecture: no q-LoRA, half-split rope, dense only, tied embeddings, YaRN.
TEST(ExactnessOfVariants, DecodeIsPrefill) {
  std::vector<Config> variants(4, small_config());
  variants[0].q_lora_rank = 0;
  variants[0].rope_interleave = false;
  variants[1].first_k_dense_replace = 3;
  variants[2].tie_word_embeddings = true;
  variants[2].first_k_dense_replace = 0;
  variants[2].n_shared_experts = 2;
  variants[3].yarn = {true, 8, 32, 1, 64, 0.7, 1.1};
  for (const Config& config : variants) {
    const ModelPtr model = pack_model(config, random_weights(config, 31));
    Harness prefill(*model, 2), decode(*model, 1);
    const std::vector<std::int32_t> tokens = random_tokens(config, 41, 40);
    const int a = prefill.add(tokens), b = decode.add(tokens);
    prefill.step({{a, 40}});
    for (int t = 0; t < 40; ++t) decode.step({{b, 1}});
    EXPECT_EQ(prefill.values(a), decode.values(b));
  }
}

}  // namespace
}  // namespace laconic::model
