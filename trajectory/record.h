// The trajectory record: what was sampled, from which weights, what it earned. Token ids are the
// truth; text is derived once, by lossy decoding.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/outcome.h"
#include "base/ticket.h"

namespace laconic::trajectory {

enum class Source : std::uint8_t { kTemplate = 0, kUser = 1, kModel = 2, kEnvironment = 3 };
enum class StopReason : std::uint8_t { kEndToken = 0, kLength = 1 };

// A run of tokens of one source. Only model spans carry log-prob, entropy and loss. In a response,
// tokens of the environment are those that were put in: a forced end of thinking, a tool's answer.
struct Span {
  Source source = Source::kTemplate;
  std::int32_t weight_version = -1;  // of a model span; −1 otherwise
  std::int32_t start = 0, length = 0;
};

// The kept sets of truncated sampling, CSR: set i is ids[offsets[i] … offsets[i+1]).
// Empty (offsets too) when sampling was not truncated.
struct KeptSets {
  std::vector<std::int32_t> offsets, ids;
};

struct Judgement {
  Outcome outcome = Outcome::kInfraError;
  double score = 0;             // the verifier's own
  std::string verifier, extracted, explanation;
  double seconds = 0;
  std::int32_t attempts = 0;
  std::vector<std::pair<std::string, double>> metrics;  // named numbers beside the score, finite, e.g. the parts of a rubric
};

// One sample. `tokens` = prompt then response, which begins with the first token of the model or the
// environment; arrays below cover the model tokens, in order.
struct Trajectory {
  Ticket ticket;                            // sample ≥ 0
  std::vector<std::int32_t> tokens;
  std::vector<Span> spans;                  // cover tokens exactly, ascending
  std::vector<float> logprob, entropy;      // per model token, of the sampled distribution
  std::vector<std::uint16_t> expert_ids;    // [response tokens − 1][moe_layers][top_k], put-in ones included: the last token is never fed
  KeptSets kept;
  StopReason stop = StopReason::kEndToken;
  Judgement judgement;                      // meaningless until judged
  bool judged = false;
  // Filled by the objective, kept for reading: all in the units of the score.
  double reward = 0, reward_length = 0, advantage = 0;  // shaped total; its length part; per-token advantage
  bool in_loss = false;                     // false: absent, dropped group, or over-long and masked
  double seconds = 0;                       // generation wall time, queueing included

  std::int32_t prompt_length() const {
    for (const Span& span : spans)
      if (span.source == Source::kModel || span.source == Source::kEnvironment) return span.start;
    return static_cast<std::int32_t>(tokens.size());
  }
  // What the model wrote; the response may hold more, forced_length() of the environment's.
  std::int32_t response_length() const { return static_cast<std::int32_t>(logprob.size()); }
  std::int32_t forced_length() const { return static_cast<std::int32_t>(tokens.size()) - prompt_length() - response_length(); }
};

// One prompt and its samples.
struct Group {
  Ticket ticket;                                  // sample = kGroup
  std::int32_t weight_version = 0;
  std::string problem_id, prompt, columns;        // as pipeline/data/problem.h
  std::vector<std::uint16_t> prompt_expert_ids;   // [prompt tokens][moe_layers][top_k]
  std::vector<Trajectory> samples;                // in sample order
};

}  // namespace laconic::trajectory
