#include "pipeline/data/generated.h"

#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"

namespace laconic::pipeline {

bool held_out(std::uint64_t question, double fraction) { return static_cast<double>(question >> 11) * 0x1p-53 < fraction; }

std::uint64_t question_hash(const std::string& text) {
  std::string folded;
  folded.reserve(text.size());
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
    if (!blank) folded += c;
    else if (!folded.empty() && folded.back() != ' ') folded += ' ';
  }
  if (!folded.empty() && folded.back() == ' ') folded.pop_back();
  return xxh3(folded);
}

std::uint64_t generator_key(std::uint64_t key) {
  char bytes[16] = {'p', 'r', 'o', 'b', 'l', 'e', 'm', 's'};
  std::memcpy(bytes + 8, &key, 8);
  return xxh3({bytes, sizeof bytes});
}

void no_such_task(const std::string& name, bool heldout, double fraction) {
  throw Error(fmt::format("no {} {} problem found in 1000000 draws with held-out fraction {}", heldout ? "held-out" : "training", name, fraction),
              name + ".heldout_fraction", "choose a fraction between 0 and 1, or options that allow more problems");
}

void too_few_tasks(const std::string& name, int wanted, std::size_t found) {
  throw Error(fmt::format("{} held-out {} problems were asked for, only about {} exist", wanted, name, found), name + ".heldout_fraction",
              "ask for fewer, raise heldout_fraction, or allow more problems");
}

}  // namespace laconic::pipeline
