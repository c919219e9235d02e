// Loading takes little more memory than the packed model: measured in a process of its own, as the
// system counts it (file pages that are mapped included).
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

#include "model/forward.h"
#include "model/weights/safetensors.h"
#include "model/weights/stored_tensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

std::int64_t status_kilobytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1));
  return -1;
}

Config large_config(bool mixture) {
  Config c = small_config();
  c.vocab_size = 24000;
  c.hidden_size = 1024;
  c.intermediate_size = 4096;
  c.num_hidden_layers = mixture ? 3 : 7;
  c.num_attention_heads = 8;
  c.kv_lora_rank = 256;
  c.qk_nope_head_dim = 64;
  c.qk_rope_head_dim = 32;
  c.v_head_dim = 64;
  c.q_lora_rank = 0;
  c.first_k_dense_replace = mixture ? 1 : 7;
  c.moe_intermediate_size = 512;
  c.n_routed_experts = 24;
  return c;
}

// A file of the right shape whose data is a hole: zeros that take no disk.
fs::path write_empty_weights(const Config& config, DType dtype, const std::string& name) {
  std::vector<SafetensorsEntry> entries;
  std::size_t bytes = 0;
  for (const TensorSpec& spec : tensor_specs(config)) {
    entries.push_back({spec.name, spec.fp32 ? DType::kF32 : dtype, spec.shape});
    bytes += Tensor{entries.back().dtype, spec.shape, nullptr, nullptr}.bytes();
  }
  const std::string header = safetensors_header(entries);
  const fs::path file = scratch_folder(name) / "model.safetensors";
  std::ofstream(file, std::ios::binary) << header;
  fs::resize_file(file, header.size() + bytes);
  return file;
}

struct Memory { std::int64_t peak = 0, packed = 0; };  // bytes

Memory load(const Config& config, const fs::path& file) {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts anew
  const std::int64_t before = status_kilobytes("VmRSS");
  const ModelPtr model = pack_model(config, canonical_tensors(config, read_safetensors(file), false, file.string()));
  return {(status_kilobytes("VmHWM") - before) * 1024, static_cast<std::int64_t>(packed_bytes(*model))};
}

Memory load_in_a_child(const Config& config, const fs::path& file) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const Memory memory = load(config, file);
    const bool told = ::write(ends[1], &memory, sizeof memory) == sizeof memory;
    ::_exit(told ? 0 : 1);
  }
  Memory memory;
  EXPECT_EQ(::read(ends[0], &memory, sizeof memory), static_cast<ssize_t>(sizeof memory));
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return memory;
}

class LoadMemory : public testing::TestWithParam<std::tuple<bool, DType>> {};

TEST_P(LoadMemory, AtMostATenthAboveThePackedModel) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory would be measured";
#endif
  const auto [mixture, dtype] = GetParam();
  const Config config = large_config(mixture);
  const fs::path file = write_empty_weights(config, dtype, "load-memory");
  const Memory memory = load_in_a_child(config, file);
  fs::remove(file);
  std::printf("packed %.1f MB, peak %.1f MB: %.3f\n", static_cast<double>(memory.packed) / 1e6, static_cast<double>(memory.peak) / 1e6,
              static_cast<double>(memory.peak) / static_cast<double>(memory.packed));
  EXPECT_GE(memory.packed, std::int64_t{200} << 20);
  EXPECT_GE(memory.peak, memory.packed);  // or the measure is broken
  EXPECT_LE(static_cast<double>(memory.peak), 1.1 * static_cast<double>(memory.packed));
}

INSTANTIATE_TEST_SUITE_P(Files, LoadMemory, testing::Combine(testing::Bool(), testing::Values(DType::kBF16, DType::kF32)),
                         [](const auto& info) { return std::string(std::get<0>(info.param) ? "mixture_" : "dense_") + name_of(std::get<1>(info.param)); });

}  // namespace
}  // namespace laconic::model
