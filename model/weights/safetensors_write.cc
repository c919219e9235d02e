#include "model/weights/safetensors_write.h"

#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/durable_file.h"
#include "model/json_fields.h"
#include "model/weights/safetensors.h"

namespace laconic::model {

ConversionLoss write_safetensors(const fs::path& folder, const TensorMap& tensors, const std::function<DType(const std::string&)>& type,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress, std::uint64_t shard_bytes) {
  std::vector<std::vector<SafetensorsEntry>> shards(1);
  std::uint64_t total = 0, in_shard = 0, done = 0;
  for (const auto& [name, tensor] : tensors) {
    const DType dtype = type(name);
    const std::uint64_t bytes = Tensor{dtype, tensor.shape, nullptr, nullptr}.bytes();
    if (!shards.back().empty() && in_shard + bytes > shard_bytes) shards.emplace_back(), in_shard = 0;
    shards.back().push_back({name, dtype, tensor.shape});
    in_shard += bytes;
    total += bytes;
  }

  ConversionLoss loss;
  std::map<std::string, std::string> file_of;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shards.size() == 1 ? "model.safetensors" : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    DurableFile file(folder / name);
    file.write(safetensors_header(shards[i]));
    for (const SafetensorsEntry& entry : shards[i]) {
      file_of[entry.name] = name;
      loss.add(convert_tensor(tensors.at(entry.name), entry.dtype, entry.name, [&](std::string_view bytes) {
        file.write(bytes);
        done += bytes.size();
        if (progress) progress(done, total);
      }));
    }
    file.commit();
  }
  if (shards.size() > 1) {
    const Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", file_of}};
    write_file_durably(folder / "model.safetensors.index.json", index.dump(2) + "\n");
  }
  return loss;
}

}  // namespace laconic::model
