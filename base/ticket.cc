#include "base/ticket.h"

#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include <xxhash.h>

#include "base/error.h"

namespace laconic {

std::string to_text(const Ticket& t) {
  std::string text = "s" + std::to_string(t.stage) + (t.kind == WorkKind::kTrain ? "/train/" : "/eval/") +
                     std::to_string(t.step) + "/" + std::to_string(t.round) + "/" + std::to_string(t.draw);
  if (t.sample != Ticket::kGroup) text += "/" + std::to_string(t.sample);
  return text;
}

Ticket ticket_from_text(std::string_view text) {
  const auto bad = [&] {
    return Error("`" + std::string(text) + "` is not a ticket", "",
                 "a ticket reads STAGE/KIND/STEP/ROUND/DRAW[/SAMPLE], such as s1/train/12/0/3/5");
  };
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t slash = std::min(text.find('/', start), text.size());
    parts.push_back(text.substr(start, slash - start));
    start = slash + 1;
  }
  if (parts.size() < 5 || parts.size() > 6 || parts[0].empty() || parts[0][0] != 's') throw bad();
  const auto number = [&](std::string_view part) {
    std::int32_t value = 0;
    const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (ec != std::errc{} || end != part.data() + part.size() || value < 0) throw bad();
    return value;
  };
  Ticket t;
  t.stage = number(parts[0].substr(1));
  if (parts[1] == "train") t.kind = WorkKind::kTrain;
  else if (parts[1] == "eval") t.kind = WorkKind::kEval;
  else throw bad();
  t.step = number(parts[2]);
  t.round = number(parts[3]);
  t.draw = number(parts[4]);
  if (parts.size() == 6) t.sample = number(parts[5]);
  return t;
}

std::uint64_t philox_key(std::uint64_t seed, const Ticket& t) {
  const std::array<std::int64_t, 5> fields = {static_cast<std::int64_t>(seed), t.stage,
                                              static_cast<std::int64_t>(t.kind), t.step, t.round};
  static_assert(sizeof(fields) == 40);
  return XXH3_64bits(fields.data(), sizeof(fields));  // little-endian hosts only, as checked by CMake
}

}  // namespace laconic
