// A ticket names one piece of work of a run; everything random about that work follows from it.
//
// (stage, kind, step, round, draw, sample). `draw` is a slot of the step's batch, not a data-set
// index; `round` counts refills of groups without signal; a group's ticket has sample = kGroup.
// The text form "rl/train/12/0/3/5" (group: "rl/train/12/0/3") is used in logs and in the store.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace laconic {

enum class WorkKind : std::uint8_t { kTrain = 0, kEval = 1 };

struct Ticket {
  static constexpr std::int32_t kGroup = -1;

  std::int32_t stage = 0;  // index of the [[stage]] in the recipe
  WorkKind kind = WorkKind::kTrain;
  std::int32_t step = 0;
  std::int32_t round = 0;
  std::int32_t draw = 0;
  std::int32_t sample = kGroup;

  auto operator<=>(const Ticket&) const = default;

  Ticket group() const { Ticket t = *this; t.sample = kGroup; return t; }
  Ticket of_sample(std::int32_t s) const { Ticket t = *this; t.sample = s; return t; }
};

std::string to_text(const Ticket& ticket);     // "s1/train/12/0/3" or "s1/train/12/0/3/5"
Ticket ticket_from_text(std::string_view text);  // throws Error naming the text

// The Philox key of a step: a 64-bit hash (XXH3) of (seed, stage, kind, step, round), each as
// little-endian int64. Draw, sample, position and vocabulary block are the counter.
// Byte layout and test vectors: docs/numerics.md.
std::uint64_t philox_key(std::uint64_t seed, const Ticket& ticket);

}  // namespace laconic
