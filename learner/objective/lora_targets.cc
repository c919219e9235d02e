#include "learner/objective/lora_targets.h"

#include <algorithm>

#include "base/error.h"

namespace laconic::learner {
namespace {

constexpr const char* kAllLinear = "all-linear";
constexpr const char* kAttention = "attention";

// Projections that can be adapted, by the last part of their module's name (PEFT's target_modules).
struct Projection {
  const char* name;
  bool attention;
};
constexpr Projection kProjections[] = {
    {"q_proj", true},   {"k_proj", true},   {"v_proj", true},       {"o_proj", true},
    {"q_a_proj", true}, {"q_b_proj", true}, {"kv_a_proj_with_mqa", true}, {"kv_b_proj", true},
    {"gate_proj", false}, {"up_proj", false}, {"down_proj", false},
};

// What people ask for and does not exist, with the reason.
struct Frozen {
  const char* name;
  const char* why;
};
constexpr Frozen kFrozen[] = {
    {"experts", "routed experts stay frozen: each sees too few of a step's tokens, and there are many of them"},
    {"gate", "the router stays frozen: its choices are recorded with the samples"},
    {"router", "the router stays frozen: its choices are recorded with the samples"},
    {"embed_tokens", "embeddings stay frozen"},
    {"lm_head", "the head stays frozen"},
    {"norm", "norms stay frozen: they are vectors"},  // and every name that ends so
};

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::vector<std::string> valid_names() {
  std::vector<std::string> names = {kAllLinear, kAttention};
  for (const Projection& p : kProjections) names.push_back(p.name);
  return names;
}

// "model.layers.3.self_attn.q_proj.weight" → "q_proj"; empty when the tensor is no such matrix.
std::string module_of(const std::string& tensor) {
  constexpr std::string_view kWeight = ".weight";
  if (!tensor.ends_with(kWeight)) return "";
  const std::string path = tensor.substr(0, tensor.size() - kWeight.size());
  return path.substr(path.rfind('.') + 1);
}

bool is_routed(const std::string& tensor) { return tensor.find(".mlp.experts.") != std::string::npos; }

const Projection* projection_of(const std::string& tensor) {
  if (is_routed(tensor)) return nullptr;
  const std::string module = module_of(tensor);
  const auto found = std::find_if(std::begin(kProjections), std::end(kProjections), [&](const Projection& p) { return module == p.name; });
  return found == std::end(kProjections) ? nullptr : found;
}

bool takes(const std::string& target, const Projection& projection) {
  return target == projection.name || target == kAllLinear || (target == kAttention && projection.attention);
}

}  // namespace

void check_lora_targets(const LoraOptions& options, const std::string& where) {
  if (options.rank == 0) return;
  const std::vector<std::string> valid = valid_names();
  if (options.targets.empty()) throw Error("`lora.targets` is empty: there would be nothing to train", where, "name projections, or leave it out for all-linear");
  for (const std::string& target : options.targets) {
    for (const Frozen& frozen : kFrozen)
      if (target == frozen.name || (frozen.name == std::string("norm") && target.ends_with("norm")))
        throw Error("`lora.targets` names `" + target + "`, but " + frozen.why, where, "valid targets: " + listed(valid));
    if (std::find(valid.begin(), valid.end(), target) != valid.end()) continue;
    const std::string near = nearest_name(target, valid);
    throw Error("`lora.targets` names `" + target + "`, which is no projection", where, near.empty() ? "valid targets: " + listed(valid) : "did you mean `" + near + "`?");
  }
}

std::vector<std::string> lora_tensors(const LoraOptions& options, const std::vector<std::string>& tensors, const std::string& where) {
  check_lora_targets(options, where);
  std::vector<std::string> adapted, present;
  if (options.rank == 0) return adapted;
  std::vector<bool> met(options.targets.size());
  for (const std::string& tensor : tensors) {
    const Projection* projection = projection_of(tensor);
    if (!projection) continue;
    if (std::find(present.begin(), present.end(), projection->name) == present.end()) present.push_back(projection->name);
    bool taken = false;
    for (std::size_t i = 0; i < options.targets.size(); ++i)
      if (takes(options.targets[i], *projection)) met[i] = taken = true;
    if (taken) adapted.push_back(tensor);
  }
  for (std::size_t i = 0; i < met.size(); ++i) {
    if (met[i]) continue;
    const bool routed = std::any_of(tensors.begin(), tensors.end(), [&](const std::string& t) { return is_routed(t) && module_of(t) == options.targets[i]; });
    throw Error("`lora.targets` names `" + options.targets[i] + "`, " + (routed ? "which in this model only routed experts have: those stay frozen" : "which this model has not"),
                where, "this model's projections: " + listed(present));
  }
  return adapted;
}

}  // namespace laconic::learner
