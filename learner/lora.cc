#include "learner/lora.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "base/philox.h"
#include "learner/objective/lora_targets.h"

namespace laconic::learner {
namespace {

std::string module_path(const std::string& weight) { return weight.substr(0, weight.size() - std::string(".weight").size()); }
std::string peft_name(const Adapter& adapter, char part) { return fmt::format("base_model.model.{}.lora_{}.weight", module_path(adapter.weight), part); }

std::vector<Adapter> adapters_of(const model::Config& config, const ParameterLayout& model, const LoraOptions& options, const std::string& where) {
  std::vector<std::string> names;
  for (const model::TensorSpec& spec : model::tensor_specs(config)) names.push_back(spec.name);
  const std::vector<std::string> adapted = lora_tensors(options, names, where);
  const std::set<std::string> taken(adapted.begin(), adapted.end());
  std::vector<Adapter> adapters;
  for (const Parameter& p : model.by_name())
    if (taken.count(p.name)) adapters.push_back({p.name, p.shape[0], p.shape[1], p.offset, 0, 0});
  std::sort(adapters.begin(), adapters.end(), [](const Adapter& x, const Adapter& y) { return x.w < y.w; });
  return adapters;
}

ParameterLayout parameters_of(const std::vector<Adapter>& adapters, std::int64_t rank) {
  std::vector<Parameter> order;
  for (const Adapter& adapter : adapters) {
    order.push_back({peft_name(adapter, 'A'), {rank, adapter.inputs}, 0, rank * adapter.inputs, true});
    order.push_back({peft_name(adapter, 'B'), {adapter.outputs, rank}, 0, rank * adapter.outputs, true});
  }
  return ParameterLayout(std::move(order));
}

// One row of W: delta = Σ_r b[r]·A[r], r ascending, product and sum rounded each; then one rounding to
// bf16. A delta of zero leaves the base's bits as they are (−0 + 0 would be +0).
void merge_row(const float* a, const float* b, std::int64_t rank, float scale, const bf16* base, std::int64_t inputs, float* delta, bf16* out) {
  std::fill_n(delta, inputs, 0.0f);
  for (std::int64_t r = 0; r < rank; ++r) {
    const float factor = b[r];
    const float* row = a + r * inputs;
    for (std::int64_t i = 0; i < inputs; ++i) delta[i] += factor * row[i];
  }
  for (std::int64_t i = 0; i < inputs; ++i) {
    const float moved = scale * delta[i];
    out[i] = moved == 0 ? base[i] : to_bf16(to_float(base[i]) + moved);
  }
}

}  // namespace

AdapterLayout::AdapterLayout(const model::Config& config, const ParameterLayout& model, const LoraOptions& options, const std::string& where)
    : options_(options), adapters_(adapters_of(config, model, options, where)), parameters_(parameters_of(adapters_, options.rank)) {
  for (Adapter& adapter : adapters_) {
    adapter.a = parameters_.offset_of(peft_name(adapter, 'A'));
    adapter.b = parameters_.offset_of(peft_name(adapter, 'B'));
  }
}

std::vector<float> initial_adapters(const AdapterLayout& layout, std::uint64_t seed, std::int32_t stage) {
  std::vector<float> values(static_cast<std::size_t>(layout.parameters().size()), 0.0f);
  for (const Adapter& adapter : layout.adapters()) {
    PhiloxStream random(xxh3(fmt::format("lora/{}/{}/{}", seed, stage, adapter.weight)), 0);
    const double bound = 1 / std::sqrt(static_cast<double>(adapter.inputs));
    for (std::int64_t i = 0; i < layout.rank() * adapter.inputs; ++i) values[adapter.a + i] = static_cast<float>((2 * random.uniform() - 1) * bound);
  }
  return values;
}

void merge_adapters(ThreadTeam& team, const AdapterLayout& layout, const std::vector<float>& adapters, const std::vector<bf16>& base, std::vector<bf16>& published) {
  const float scale = static_cast<float>(layout.scale());
  team.run([&](const Ctx& ctx) {
    std::vector<float> delta;
    for (const Adapter& adapter : layout.adapters()) {
      delta.resize(static_cast<std::size_t>(adapter.inputs));
      const auto [begin, end] = ctx.share(adapter.outputs);
      for (std::int64_t o = begin; o < end; ++o) {
        const std::int64_t at = adapter.w + o * adapter.inputs;
        merge_row(adapters.data() + adapter.a, adapters.data() + adapter.b + o * layout.rank(), layout.rank(), scale, base.data() + at, adapter.inputs, delta.data(),
                  published.data() + at);
      }
    }
  });
}

std::string peft_config_json(const AdapterLayout& layout) {
  std::set<std::string> modules;  // whole paths: a short name could also mean a routed expert's projection
  for (const Adapter& adapter : layout.adapters()) modules.insert(module_path(adapter.weight));
  nlohmann::ordered_json json = {{"peft_type", "LORA"}, {"task_type", "CAUSAL_LM"}, {"r", layout.rank()}, {"lora_alpha", layout.options().alpha},
                                 {"lora_dropout", 0.0}, {"bias", "none"},           {"fan_in_fan_out", false}, {"inference_mode", true},
                                 {"init_lora_weights", true}, {"use_rslora", false}, {"base_model_name_or_path", nullptr}};
  json["target_modules"] = modules;
  return json.dump(2) + "\n";
}

}  // namespace laconic::learner
