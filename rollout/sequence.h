// What the engine keeps of the groups in flight. A group is one prompt sequence and its samples;
// the prompt is fed once, samples continue from its pages.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "rollout/think_watch.h"
#include "trajectory/record.h"
#include "wire/protocol.h"

namespace laconic::rollout {

struct Group;

// Age: groups in order of submission; in a group the prompt, then the samples.
struct Age {
  std::int64_t group = 0;
  std::int32_t sample = 0;  // −1: the prompt
  auto operator<=>(const Age&) const = default;
};

struct Sequence {
  static constexpr std::int32_t kPrompt = -1;

  Group* group = nullptr;
  Age age;
  std::vector<std::int32_t> tokens;  // prompt, then what was sampled, and what was put in
  std::int64_t fed = 0;              // tokens[0, fed) are in the cache
  std::vector<std::int32_t> pages;   // cover [0, fed) at least
  bool done = false;

  // Of the prompt sequence: the ids of the prompt's tokens. Of a sample: those of its response.
  // Recorded when a token is fed for the first time; recomputation after preemption adds nothing.
  std::vector<std::uint16_t> experts;
  std::vector<float> logprob, entropy;
  trajectory::KeptSets kept;
  trajectory::StopReason stop = trajectory::StopReason::kLength;
  double seconds = 0;
  ThinkWatch think;
  std::vector<trajectory::Span> inserted;  // tokens of the environment

  bool is_prompt() const { return age.sample == kPrompt; }
  std::int64_t unfed() const { return static_cast<std::int64_t>(tokens.size()) - fed; }
};

struct Group {
  std::uint64_t id = 0;
  wire::RolloutLease request;
  double submitted = 0;  // clock seconds
  Sequence prompt;
  std::vector<Sequence> samples;  // empty until the prompt was fed
  std::int32_t unfinished = 0;    // samples not done

  // Fed before the first draw: the request's prompt, and what is forced at once.
  std::int64_t prompt_tokens() const { return static_cast<std::int64_t>(prompt.tokens.size()); }
  bool truncated() const {
    const wire::Sampling& s = request.sampling;
    return s.temperature > 0 && (s.top_k > 0 || s.top_p < 1);
  }
};

}  // namespace laconic::rollout
