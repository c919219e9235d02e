// What the messages between hub and roles carry: typed structs and their encoding. This file is the
// protocol; docs/formats.md lists the fields.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ticket.h"
#include "trajectory/batch.h"
#include "trajectory/record.h"
#include "wire/message.h"

namespace laconic::wire {

struct Hello {
  std::string role;      // "rollout", "verifier", "learner"
  std::int32_t index = 0;
  std::int64_t pid = 0;
};

struct Sampling {
  double temperature = 1, top_p = 1;
  std::int32_t top_k = 0, max_tokens = 256;
};

// A forced end of thinking: when a sample has thought for `tokens` tokens without `close_id`, `forced`
// is fed to it as tokens of the environment, and it goes on with its answer. Once a sample.
struct ThinkBudget {
  std::int32_t tokens = -1;          // −1: no limit. 0: the answer at once
  std::int32_t open_id = -1;         // the token that opens thinking, counted from the one after it; −1: the prompt opened it
  std::int32_t close_id = -1;        // the token that ends it
  std::vector<std::int32_t> forced;  // holds close_id
  bool limits() const { return tokens >= 0; }
};

// hub → rollout: one prompt, n samples, from one weight version.
struct RolloutLease {
  Ticket ticket;                     // of the group
  std::uint64_t philox_key = 0;      // base/ticket.h; draw, sample, position are the counter
  std::int32_t weight_version = 0;
  std::int32_t samples = 1;
  Sampling sampling;                 // max_tokens bounds what the model writes; forced tokens come on top
  ThinkBudget think;
  std::vector<std::int32_t> prompt;  // token ids
  std::vector<trajectory::Span> spans;   // of the prompt
  std::vector<std::int32_t> stop_ids;
  double deadline_seconds = 0;       // from receipt
};
// The answer is a trajectory::Group without problem, judgement and reward fields.

// hub → verifier: the samples of one group.
struct VerifyLease {
  Ticket ticket;
  std::string verifier;              // registry name
  std::string prompt, columns;
  struct Item { std::int32_t sample = 0; std::string response; bool finished = true; std::vector<std::int32_t> tokens = {}; };
  std::vector<Item> items;
  double deadline_seconds = 0;
};
struct VerifyResult {
  Ticket ticket;
  std::vector<trajectory::Judgement> judgements;   // one per item, in order
};

// learner → hub, after a batch.
struct StepResult {
  std::int32_t stage = 0, step = 0;
  std::int32_t published_version = -1;     // −1: this step publishes nothing (SFT between publications)
  std::string weights_path, weights_hash;  // of the published version: a safetensors file and its SHA-256
  std::string metrics;                     // JSON object name → number
};

struct WeightsNotice {
  std::int32_t stage = 0, version = 0;
  std::string path, hash;
};

// hub → learner, as a kLease whose JSON has "task": "batch" | "publish" | "checkpoint" | "stage".
// See learner/role.h for the fields of each task.

Message encode_hello(const Hello&);
Hello decode_hello(const Message&);
Message encode_rollout_lease(std::uint64_t lease, const RolloutLease&);
RolloutLease decode_rollout_lease(const Message&);
Message encode_group(std::uint64_t lease, const trajectory::Group&);
trajectory::Group decode_group(const Message&);
Message encode_verify_lease(std::uint64_t lease, const VerifyLease&);
VerifyLease decode_verify_lease(const Message&);
Message encode_verify_result(std::uint64_t lease, const VerifyResult&);
VerifyResult decode_verify_result(const Message&);
Message encode_batch(std::uint64_t lease, const trajectory::Batch&);
trajectory::Batch decode_batch(const Message&);
Message encode_step_result(std::uint64_t lease, const StepResult&);
StepResult decode_step_result(const Message&);
Message encode_weights(const WeightsNotice&);
WeightsNotice decode_weights(const Message&);

}  // namespace laconic::wire
