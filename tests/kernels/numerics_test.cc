// Recomputes the test vectors of docs/numerics.md.
#include <cstdlib>
#include <iomanip>
#include <map>
#include <sstream>

#include "base/file.h"
#include "base/ticket.h"
#include "kernels/op_table.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

std::string hex(std::uint64_t value, int digits) {
  std::ostringstream out;
  out << std::hex << std::setfill('0') << std::setw(digits) << value;
  return out.str();
}
std::uint64_t from_hex(const std::string& text) { return std::stoull(text, nullptr, 16); }
float float_from(const std::string& text) { return std::bit_cast<float>(static_cast<std::uint32_t>(from_hex(text))); }
std::uint32_t number(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text)); }

float apply(void (*op)(const float*, std::int64_t, float*), float x) {
  float y;
  op(&x, 1, &y);
  return y;
}

using Words = std::vector<std::string>;

std::string key_vector(const Words& a) {
  Ticket ticket;
  ticket.stage = std::stoi(a[1]);
  ticket.kind = a[2] == "eval" ? WorkKind::kEval : WorkKind::kTrain;
  ticket.step = std::stoi(a[3]);
  ticket.round = std::stoi(a[4]);
  return hex(philox_key(std::stoull(a[0]), ticket), 16);
}

std::string philox_vector(const Words& a) {
  std::string text;
  for (std::uint32_t word : philox4x32({number(a[0]), number(a[1]), number(a[2]), number(a[3])}, from_hex(a[4])))
    text += (text.empty() ? "" : " ") + hex(word, 8);
  return text;
}

// The noise of one id, from the block kernel and from its definition.
std::string noise_vector(const Words& a) {
  const std::uint64_t key = from_hex(a[0]);
  const std::uint32_t draw = number(a[1]), sample = number(a[2]), position = number(a[3]), id = number(a[4]);
  const float u = unit_open(philox4x32({draw, sample, position, id / 4}, key)[id % 4]);
  const float defined = 0.0f - apply(ops().log_row, 0.0f - apply(ops().log_row, u));
  std::vector<float> logits(kVocabBlock, -__builtin_inff());
  logits[id % kVocabBlock] = 0;
  const VocabStats stats = ops().vocab_block({.logits = logits.data(), .first = static_cast<std::int32_t>(id / kVocabBlock * kVocabBlock),
                                              .count = kVocabBlock, .pick = true, .noise = true, .key = key, .draw = draw,
                                              .sample = sample, .position = position});
  EXPECT_EQ(bits_of(stats.best), bits_of(defined));
  EXPECT_EQ(stats.best_id, static_cast<std::int32_t>(id));
  return hex(bits_of(stats.best), 8);
}

std::string compute(const std::string& name, const Words& a) {
  if (name == "key") return key_vector(a);
  if (name == "philox") return philox_vector(a);
  if (name == "unit") return hex(bits_of(unit_open(static_cast<std::uint32_t>(from_hex(a[0])))), 8);
  if (name == "exp") return hex(bits_of(apply(ops().exp_row, float_from(a[0]))), 8);
  if (name == "log") return hex(bits_of(apply(ops().log_row, float_from(a[0]))), 8);
  if (name == "noise") return noise_vector(a);
  if (name == "bf16") {
    const float x = float_from(a[0]);
    bf16 y;
    ops().round_row(&x, 1, &y);
    return hex(y.bits, 4);
  }
  return "an unknown kind of vector";
}

TEST(Numerics, TheVectorsOfThePageHold) {
  const char* source = std::getenv("LACONIC_SOURCE");
  std::istringstream page(read_file(fs::path(source ? source : ".") / "docs/numerics.md"));
  std::string line;
  std::map<std::string, int> seen;
  while (std::getline(page, line) && line != "```vectors") {}
  while (std::getline(page, line) && line != "```") {
    const std::size_t equals = line.find(" = ");
    ASSERT_NE(equals, std::string::npos) << line;
    std::istringstream left(line.substr(0, equals));
    std::string name, word;
    left >> name;
    Words arguments;
    while (left >> word) arguments.push_back(word);
    for (Isa isa : executable_isas()) {
      const ForcedIsa forced(isa);
      EXPECT_EQ(compute(name, arguments), line.substr(equals + 3)) << line << " at " << name_of(isa);
    }
    ++seen[name];
  }
  for (const char* name : {"key", "philox", "unit", "exp", "log", "noise", "bf16"}) EXPECT_GE(seen[name], 3) << name;
}

}  // namespace
}  // namespace laconic::kernels
