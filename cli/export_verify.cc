#include "cli/export_verify.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "base/error.h"
#include "base/philox.h"
#include "base/thread_team.h"
#include "cli/run_access.h"
#include "model/checkpoint.h"
#include "model/weights/convert_tensor.h"
#include "model/forward.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::cli {
namespace {

struct Sequence { std::vector<std::int32_t> tokens; std::int32_t first = 1; };  // log-probs of tokens[first …]

// The newest samples in the run's store; ids drawn at random where there are none.
std::vector<Sequence> sequences_of(const ExportSource& source, const model::Config& config, int count, std::string& note) {
  std::vector<Sequence> sequences;
  if (!source.run.empty() && fs::exists(source.run / "laconic.db")) {
    const trajectory::Store store = open_store(source.run);
    const std::vector<trajectory::StepRecord> steps = store.steps();
    for (auto step = steps.rbegin(); step != steps.rend() && std::ssize(sequences) < count; ++step)
      for (const trajectory::Group& group : store.load_groups(step->stage, WorkKind::kTrain, step->step))
        for (const trajectory::Trajectory& sample : group.samples)
          if (std::ssize(sequences) < count && std::ssize(sample.tokens) > 1) sequences.push_back({sample.tokens, std::max(1, sample.prompt_length())});
    note = fmt::format("{} trajectories of the run", sequences.size());
  }
  if (!sequences.empty()) return sequences;
  PhiloxStream stream(29, 0);
  const std::int64_t ids = config.token_count > 0 ? config.token_count : config.vocab_size;
  for (int i = 0; i < 4; ++i) {
    Sequence sequence;
    for (std::int64_t t = std::min<std::int64_t>(64, config.max_position_embeddings); t > 0; --t)
      sequence.tokens.push_back(static_cast<std::int32_t>(stream.below(static_cast<std::uint32_t>(ids))));
    sequences.push_back(std::move(sequence));
  }
  note = "4 sequences of random ids";
  return sequences;
}

std::vector<float> score(const model::Model& model, ThreadTeam& team, const Sequence& sequence) {
  const auto count = static_cast<std::int32_t>(sequence.tokens.size());
  const std::int64_t pages = (count + kernels::kPageTokens - 1) / kernels::kPageTokens;
  const std::size_t bytes = model::kv_bytes(model::config_of(model), pages);
  const std::unique_ptr<std::byte, void (*)(std::byte*)> cache(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64})),
                                                               [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
  std::memset(cache.get(), 0, bytes);
  std::vector<std::int32_t> table(static_cast<std::size_t>(pages));
  for (std::size_t p = 0; p < table.size(); ++p) table[p] = static_cast<std::int32_t>(p);
  const model::Slice slice{sequence.tokens.data(), count, 0, table.data()};
  std::vector<kernels::HeadRow> heads;
  for (std::int32_t t = sequence.first; t < count; ++t) heads.emplace_back(), heads.back().row = t - 1, heads.back().target = sequence.tokens[static_cast<std::size_t>(t)];
  std::vector<kernels::HeadResult> results(heads.size());
  model::ForwardArgs args;
  args.slices = {&slice, 1};
  args.kv = {reinterpret_cast<bf16*>(cache.get()), pages};
  args.head_rows = heads;
  args.head_results = results.data();
  model::Workspace workspace;
  model::forward(team, model, workspace, args);
  std::vector<float> logprobs;
  for (const kernels::HeadResult& result : results) logprobs.push_back(result.logprob);
  return logprobs;
}

// Log-probs of all sequences under one checkpoint; its packed weights are gone afterwards.
std::vector<float> score_all(const model::Checkpoint& checkpoint, const std::vector<Sequence>& sequences) {
  const model::ModelPtr model = model::pack_model(checkpoint.config, checkpoint.tensors);
  ThreadTeam team(usable_cores());
  std::vector<float> all;
  for (const Sequence& sequence : sequences) {
    const std::vector<float> some = score(*model, team, sequence);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool same_elements(const model::Tensor& before, const model::Tensor& after, const std::string& name) {
  if (before.shape != after.shape) return false;
  std::string bytes;
  model::convert_tensor(before, after.dtype, name, [&](std::string_view piece) { bytes += piece; });
  return bytes.size() == after.bytes() && std::memcmp(bytes.data(), after.data, bytes.size()) == 0;
}

ExportCheck compare_tensors(const model::TensorMap& before, const model::TensorMap& after) {
  ExportCheck check{"tensors", static_cast<std::int64_t>(std::max(before.size(), after.size())), 0, "tensors", {}};
  bool converted = false;
  for (const auto& [name, tensor] : before) {
    const auto found = after.find(name);
    if (found != after.end() && same_elements(tensor, found->second, name)) ++check.equal;
    else if (check.note.empty()) check.note = fmt::format("{} {}", name, found == after.end() ? "is missing" : "differs");
    converted = converted || (found != after.end() && found->second.dtype != tensor.dtype);
  }
  if (check.note.empty()) check.note = converted ? "after rounding to the type written" : "every byte";
  return check;
}

}  // namespace

std::vector<ExportCheck> verify_export(const ExportSource& source, const fs::path& exported, int trajectories, const std::function<void(const std::string&)>& progress) {
  std::vector<ExportCheck> checks;
  progress("reading both");
  const model::Checkpoint before = model::load_checkpoint(source.folder), after = model::load_checkpoint(exported);
  const bool same_config = model::config_json(before.config, model::DType::kBF16) == model::config_json(after.config, model::DType::kBF16);
  checks.push_back({"config", 1, same_config, "file", "as both are read"});
  checks.push_back({"tokenizer", 1, before.tokenizer_json == after.tokenizer_json, "file", "tokenizer.json, every byte"});
  progress("comparing tensors");
  checks.push_back(compare_tensors(before.tensors, after.tensors));
  ExportCheck logprobs{"log-probs", 0, 0, "tokens", {}};
  const std::vector<Sequence> sequences = sequences_of(source, before.config, trajectories, logprobs.note);
  progress("scoring with the checkpoint");
  const std::vector<float> ours = score_all(before, sequences);
  progress("scoring with the export");
  const std::vector<float> theirs = score_all(after, sequences);
  logprobs.compared = std::ssize(ours);
  for (std::size_t i = 0; i < ours.size(); ++i) logprobs.equal += std::memcmp(&ours[i], &theirs[i], sizeof(float)) == 0;
  checks.push_back(logprobs);
  return checks;
}

}  // namespace laconic::cli
