// laconic convert: a checkpoint between a Hugging Face folder and a GGUF file, and between types of weights.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "model/checkpoint.h"
#include "model/gguf/export.h"
#include "model/weights/safetensors.h"
#include "model/weights/safetensors_write.h"

namespace laconic::cli {
namespace {

struct ConvertOptions {
  std::string source, destination, type = "bf16", runs = "runs";
  bool json = false;
};

// One line on a terminal, redrawn at each whole percent; nothing elsewhere.
class Percent {
 public:
  ~Percent() {
    if (shown_ >= 0) std::fputs("\r\x1b[K", stderr);
  }
  void operator()(std::uint64_t done, std::uint64_t total) {
    const int percent = total == 0 ? 100 : static_cast<int>(100 * (static_cast<double>(done) / static_cast<double>(total)));
    if (percent == shown_ || !is_terminal(STDERR_FILENO)) return;
    shown_ = percent;
    fmt::print(stderr, "\r\x1b[K{:3} % of {}", percent, megabytes(static_cast<double>(total)));
  }

 private:
  int shown_ = -1;
};

// The types that both kinds of checkpoint hold go by GGUF's names.
model::DType folder_type(const std::string& name) {
  const model::GgufWeightType& type = model::gguf_weight_type_named(name);
  if (model::format_of(type.matrices).elements > 1)
    throw UsageError(fmt::format("a folder cannot hold the type `{}`", name), "command line", "choose bf16, f16 or f32, or a destination that ends in .gguf");
  return type.matrices;
}

model::GgufExport save_folder(const fs::path& folder, const model::Checkpoint& checkpoint, model::DType type, Percent& percent) {
  const fs::path temporary = folder.string() + ".tmp";
  fs::remove_all(temporary);
  std::map<std::string, bool> fp32;
  for (const model::TensorSpec& spec : model::tensor_specs(checkpoint.config)) fp32[spec.name] = spec.fp32;
  model::GgufExport result;
  model::save_card(temporary, checkpoint, type);
  result.loss = model::write_safetensors(temporary, checkpoint.tensors, [&](const std::string& name) { return fp32.at(name) ? model::DType::kF32 : type; },
                                         [&](std::uint64_t done, std::uint64_t total) { percent(done, total); });
  publish_folder(temporary, folder);
  result.tensors = checkpoint.tensors.size();
  for (const auto& entry : fs::directory_iterator(folder)) result.bytes += entry.file_size();
  return result;
}

// Layers behind the last are training aids (multi-token prediction), which loading leaves out.
std::size_t prediction_tensors(const fs::path& source, std::int64_t layers) {
  if (!fs::is_directory(source)) return 0;
  constexpr std::string_view kLayers = "model.layers.";
  const model::TensorMap stored = model::read_safetensors_folder(source);
  return static_cast<std::size_t>(std::count_if(stored.begin(), stored.end(), [&](const auto& item) {
    return item.first.starts_with(kLayers) && std::atoll(item.first.c_str() + kLayers.size()) >= layers;
  }));
}

void report(const ConvertOptions& o, const model::GgufExport& result) {
  const model::ConversionLoss& loss = result.loss;
  if (o.json) {
    return print_json({{"source", o.source}, {"destination", o.destination}, {"type", o.type}, {"bytes", result.bytes}, {"tensors", result.tensors},
                       {"elements", loss.elements}, {"elements_changed", loss.changed}, {"relative_error", loss.relative()}, {"losses", result.losses}});
  }
  fmt::print("{}  {} tensors, {}\n", o.destination, result.tensors, megabytes(static_cast<double>(result.bytes)));
  if (loss.changed == 0) fmt::print("exact: every weight has the value it had\n");
  else
    fmt::print("lossy: {} of {} weights changed, relative error {:.2g} (root mean square)\n", percent(static_cast<double>(loss.changed) / static_cast<double>(loss.elements)),
               short_count(static_cast<double>(loss.elements)), loss.relative());
  for (const std::string& text : result.losses) fmt::print("lossy: {}\n", text);
}

int convert(const ConvertOptions& o) {
  const fs::path destination = o.destination;
  const bool to_gguf = destination.extension() == ".gguf";
  const model::GgufWeightType& type = as_usage([&]() -> const model::GgufWeightType& { return model::gguf_weight_type_named(o.type); });
  if (!to_gguf) folder_type(o.type);
  if (fs::exists(destination)) throw UsageError("`" + o.destination + "` is there already", "command line", "choose another name, or remove it first");
  if (destination.has_parent_path() && !fs::is_directory(destination.parent_path()))
    throw UsageError("the folder `" + destination.parent_path().string() + "` does not exist", "command line", "mkdir -p " + destination.parent_path().string());
  const fs::path source = model_folder(o.runs, o.source);
  const model::Checkpoint checkpoint = as_usage([&] { return model::load_checkpoint(source); });
  std::string name = fs::absolute(source).lexically_normal().stem().string();
  if (name.empty()) name = fs::absolute(source).lexically_normal().parent_path().filename().string();
  model::GgufExport result;
  {
    Percent percent;
    result = to_gguf ? model::save_gguf(destination, checkpoint, type, name, [&](std::uint64_t done, std::uint64_t total) { percent(done, total); })
                     : save_folder(destination, checkpoint, type.matrices, percent);
  }
  if (const std::size_t left_out = prediction_tensors(source, checkpoint.config.num_hidden_layers))
    result.losses.push_back(fmt::format("{} tensors of multi-token prediction are left out", left_out));
  report(o, result);
  return kExitOk;
}

}  // namespace

void add_convert(Command& root) {
  auto o = std::make_shared<ConvertOptions>();
  Command& c = root.sub("convert", "change a checkpoint's format: Hugging Face folder, GGUF file, type of the weights", "checkpoints");
  c.argument("SOURCE", o->source, "a Hugging Face folder, a GGUF file, or a run (its newest checkpoint)");
  c.argument("DESTINATION", o->destination, "a new file that ends in .gguf, or a new folder");
  std::vector<std::string> types;
  for (const model::GgufWeightType& type : model::gguf_weight_types()) types.emplace_back(type.name);
  c.option("--type", o->type, "TYPE", fmt::format("of the matrices: {}; folders hold the first three", fmt::join(types, ", ")));
  c.option("--runs", o->runs, "DIR", "where runs are");
  c.flag("--json", o->json, "print what was written, and what was lost, as JSON");
  c.details("Config, tokenizer and chat template go along. Norms, biases and routers stay F32 in GGUF files. Whether weights changed is said at the end, "
            "measured, not guessed. An existing destination is never overwritten.");
  c.example("laconic convert SmolLM2-135M-Instruct.Q4_1.gguf smollm2");
  c.example("laconic convert latest model.gguf --type q8_0");
  c.action([o] { return convert(*o); });
}

}  // namespace laconic::cli
