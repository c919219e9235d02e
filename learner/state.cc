#include "learner/state.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "model/checkpoint.h"
#include "model/weights/safetensors.h"

namespace laconic::learner {
namespace {

constexpr int kFormat = 2, kOldestFormat = 1;  // 1 knew no adapters
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kAdapterFile = "adapter/adapter_model.safetensors";
constexpr const char* kAdapterConfig = "adapter/adapter_config.json";
constexpr const char* kReferenceFile = "reference.safetensors";
constexpr const char* kStateFile = "learner.json";
constexpr const char* kNext = "laconic runs show RUN   # then resume from an older checkpoint of that run";

void read_biases(const model::Config& config, const model::TensorMap& tensors, const std::string& where, std::vector<float>& biases) {
  biases.clear();
  if (!config.has_selection_bias()) return;
  for (std::int64_t l = config.first_k_dense_replace; l < config.layers(); ++l) {
    const auto found = tensors.find(selection_bias_name(l));
    if (found == tensors.end()) throw Error(fmt::format("tensor '{}' is missing", selection_bias_name(l)), where);
    const model::Tensor& t = found->second;
    if (t.elements() != config.n_routed_experts) throw Error(fmt::format("tensor '{}' has a wrong shape", selection_bias_name(l)), where);
    const std::vector<float> layer = model::to_floats(t);
    biases.insert(biases.end(), layer.begin(), layer.end());
  }
}

// The published form of a folder's or file's tensors.
PublishedWeights published_from(const LearnerState& state, const model::TensorMap& tensors, const std::string& where) {
  PublishedWeights weights;
  read_flat(state.layout, tensors, where, weights.parameters);
  read_biases(state.config, tensors, where, weights.biases);
  return weights;
}

void add_prefixed(const ParameterLayout& layout, const std::string& prefix, const std::vector<float>& flat, model::TensorMap& tensors) {
  for (auto& [name, tensor] : view_tensors(layout, flat)) tensors[prefix + name] = std::move(tensor);
}

void take_prefixed(const ParameterLayout& layout, const std::string& prefix, const model::TensorMap& tensors, const std::string& where, std::vector<float>& flat) {
  model::TensorMap named;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) named[name.substr(prefix.size())] = tensor;
  read_flat(layout, named, where, flat);
}

std::string sha256_of(const fs::path& file) {
  const MappedFile map(file);
  return sha256_hex(map.bytes());
}

// The files that hold the published weights: one, or shards and their index.
std::set<std::string> weight_files(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("model") && (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json"))) names.insert(name);
  }
  return names;
}

// One file tensor by tensor: the moments of a large model are not copied into memory first.
void write_tensors(const fs::path& path, const model::TensorMap& tensors) {
  std::vector<model::SafetensorsEntry> entries;
  for (const auto& [name, tensor] : tensors) entries.push_back({name, tensor.dtype, tensor.shape});
  DurableFile file(path);
  file.write(model::safetensors_header(entries));
  for (const model::SafetensorsEntry& entry : entries) {
    const model::Tensor& tensor = tensors.at(entry.name);
    file.write({reinterpret_cast<const char*>(tensor.data), tensor.bytes()});
  }
  file.commit();
}

// What the state file says about another file, checked.
void verify_file(const nlohmann::json& state, const fs::path& folder, const std::string& name) {
  const fs::path file = folder / name;
  const std::string recorded = state.at("sha256").at(name).get<std::string>();
  if (!fs::exists(file)) throw Error(fmt::format("checkpoint file '{}' is missing", file.string()), folder.string(), kNext);
  const std::string found = sha256_of(file);
  if (found != recorded)
    throw Error(fmt::format("checkpoint file '{}' is damaged: its SHA-256 is {}, {} records {}", file.string(), found, kStateFile, recorded), folder.string(), kNext);
}

}  // namespace

model::TensorMap PublishedWeights::tensors(const model::Config& config, const ParameterLayout& layout) const {
  model::TensorMap map = view_tensors(layout, parameters);
  if (!config.has_selection_bias()) return map;
  for (std::int64_t l = config.first_k_dense_replace, at = 0; l < config.layers(); ++l, at += config.n_routed_experts)
    map[selection_bias_name(l)] = {model::DType::kF32, {config.n_routed_experts}, reinterpret_cast<const std::byte*>(biases.data() + at), nullptr};
  return map;
}

LearnerState::LearnerState(const model::Config& c) : config(c), layout(c) {}

void LearnerState::publish(ThreadTeam& team) {
  published.parameters.resize(static_cast<std::size_t>(layout.size()));
  if (adapters) return merge_adapters(team, *adapters, masters, reference.parameters, published.parameters);
  team.run([&](const Ctx& ctx) {
    const auto [begin, end] = ctx.share(layout.size(), 16);
    for (std::int64_t i = begin; i < end; ++i) published.parameters[i] = to_bf16(masters[i]);
  });
}

LearnerState load_initial(const fs::path& folder) {
  const model::Checkpoint checkpoint = model::load_checkpoint(folder);
  LearnerState state(checkpoint.config);
  state.tokenizer_json = checkpoint.tokenizer_json;
  state.chat_template = checkpoint.chat_template;
  state.published = published_from(state, checkpoint.tensors, folder.string());
  const bool rounds = std::any_of(state.layout.by_name().begin(), state.layout.by_name().end(),
                                  [&](const Parameter& p) { return checkpoint.tensors.at(p.name).dtype != model::DType::kBF16; });
  if (rounds) read_flat(state.layout, checkpoint.tensors, folder.string(), state.masters);
  return state;
}

namespace {

// Masters and moments.
void read_trained(const nlohmann::json& json, const fs::path& folder, LearnerState& state) {
  const LoraOptions lora = parse_stage_options(json.at("options").dump()).lora;
  const std::string where = (folder / kOptimizerFile).string();
  const model::TensorMap optimizer = model::read_safetensors(folder / kOptimizerFile);
  if (lora.rank > 0) {
    state.adapters.emplace(state.config, state.layout, lora, folder.string());
    read_flat(state.trained(), model::read_safetensors(folder / kAdapterFile), (folder / kAdapterFile).string(), state.masters);
  } else {
    take_prefixed(state.layout, "master.", optimizer, where, state.masters);
  }
  take_prefixed(state.trained(), "exp_avg.", optimizer, where, state.adam.exp_avg);
  take_prefixed(state.trained(), "exp_avg_sq.", optimizer, where, state.adam.exp_avg_sq);
}

}  // namespace

LearnerState load_resumed(const fs::path& folder) {
  const fs::path file = folder / kStateFile;
  if (!fs::exists(file)) throw Error(fmt::format("'{}' is missing: the folder is no learner checkpoint", file.string()), folder.string(), kNext);
  const auto json = nlohmann::json::parse(read_file(file), nullptr, false);
  try {
    if (json.is_discarded() || !json.is_object()) throw Error(fmt::format("checkpoint file '{}' is not valid JSON", file.string()), folder.string(), kNext);
    if (const int format = json.at("format").get<int>(); format < kOldestFormat || format > kFormat)
      throw Error(fmt::format("checkpoint file '{}' has format {}, this build reads {} to {}", file.string(), format, kOldestFormat, kFormat), folder.string(), kNext);
    for (const auto& [name, hash] : json.at("sha256").items()) verify_file(json, folder, name);
    LearnerState state = load_initial(folder);
    read_trained(json, folder, state);
    state.adam.steps = json.at("optimizer_steps").get<std::int64_t>();
    state.stage = json.at("stage").get<std::int32_t>();
    state.start.stage = state.stage;
    state.start.kind = stage_kind_named(json.at("type").get<std::string>());
    state.start.options_json = json.at("options").dump();
    state.start.total_steps = json.at("total_steps").get<std::int64_t>();
    state.steps_done = json.at("steps_done").get<std::int64_t>();
    state.last_step = json.at("last_step").get<std::int32_t>();
    state.has_reference = state.adapters || json.at("sha256").contains(kReferenceFile);
    if (state.has_reference) {
      state.reference = published_from(state, model::read_safetensors(folder / kReferenceFile), (folder / kReferenceFile).string());
      state.reference_file = std::make_shared<KeptFile>(folder / kReferenceFile, json.at("sha256").at(kReferenceFile));
    }
    return state;
  } catch (const nlohmann::json::exception& e) {
    throw Error(fmt::format("checkpoint file '{}' lacks a field or has one of a wrong type: {}", file.string(), e.what()), folder.string(), kNext);
  }
}

void save_state(const LearnerState& state, const fs::path& folder) {
  if (fs::exists(folder)) throw Error(fmt::format("checkpoint folder '{}' exists already", folder.string()), "task 'checkpoint'");
  fs::create_directories(folder);
  model::save_checkpoint(folder, {state.config, state.tokenizer_json, state.chat_template}, state.published.tensors(state.config, state.layout));
  failpoint("learner.during_checkpoint");

  model::TensorMap optimizer;
  if (!state.adapters) add_prefixed(state.layout, "master.", state.masters, optimizer);
  add_prefixed(state.trained(), "exp_avg.", state.adam.exp_avg, optimizer);
  add_prefixed(state.trained(), "exp_avg_sq.", state.adam.exp_avg_sq, optimizer);
  nlohmann::ordered_json json;
  json["format"] = kFormat;
  json["stage"] = state.stage;
  json["type"] = name_of(state.start.kind);
  json["options"] = nlohmann::ordered_json::parse(state.start.options_json);
  json["total_steps"] = state.start.total_steps;
  json["steps_done"] = state.steps_done;
  json["last_step"] = state.last_step;
  json["optimizer_steps"] = state.adam.steps;
  const auto write = [&](const char* name, const model::TensorMap& tensors) {
    write_tensors(folder / name, tensors);
    json["sha256"][name] = sha256_of(folder / name);
  };
  write(kOptimizerFile, optimizer);
  if (state.adapters) {
    fs::create_directories((folder / kAdapterFile).parent_path());
    write(kAdapterFile, view_tensors(state.trained(), state.masters));
    write_file_durably(folder / kAdapterConfig, peft_config_json(*state.adapters));
  }
  if (state.has_reference) {
    if (state.reference_file && state.reference_file->link_to(folder / kReferenceFile)) json["sha256"][kReferenceFile] = state.reference_file->sha256();
    else write(kReferenceFile, state.reference.tensors(state.config, state.layout));
    state.reference_file = std::make_shared<KeptFile>(folder / kReferenceFile, json["sha256"][kReferenceFile]);
  }
  for (const std::string& name : weight_files(folder)) json["sha256"][name] = sha256_of(folder / name);
  write_file_durably(folder / kStateFile, json.dump(2) + "\n");
}

}  // namespace laconic::learner
