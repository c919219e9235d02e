// How GGUF files name what Hugging Face folders hold: tensors, and the keys of config.json. One table
// each, read in both directions. Names are those of ggml's gguf library and llama.cpp's loader.
// Private to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace laconic::model {

enum class KeyKind : std::uint8_t { kInteger, kNumber, kBoolean };

// `ARCHITECTURE.gguf` holds config.json's `config`.
struct GgufKey {
  const char* gguf;
  const char* config;
  KeyKind kind = KeyKind::kInteger;
  bool required = true;  // when absent, config.json's default holds
};

struct GgufArchitecture {
  const char* name;                      // general.architecture
  std::vector<const char*> model_types;  // config.json's; several: told apart by the gate (gguf_card.cc)
  std::vector<std::span<const GgufKey>> keys;
  // Rows of q_proj and k_proj are stored in the order of interleaved rotation: pair (i, i + d/2) of a
  // head at rows 2i, 2i + 1.
  bool interleaves_rotary_rows = false;
  // Where `expert_weights_norm` is absent, the weights of the chosen experts are normalised.
  bool normalises_experts = false;
};

const std::vector<GgufArchitecture>& gguf_architectures();
const GgufArchitecture* gguf_architecture_of(std::string_view model_type);  // null: GGUF has none

// Keys that only this project writes, whole names: what GGUF has no key for.
std::span<const GgufKey> own_gguf_keys();

// Where a tensor of a Hugging Face folder is kept.
struct GgufPlace {
  std::string tensor;        // empty: GGUF has no name for it
  std::int64_t expert = -1;  // ≥ 0: this slice of a tensor [experts, rows, columns]
  bool rotary_rows = false;  // q_proj and k_proj, weights and biases
};
GgufPlace gguf_place(const std::string& hugging_face_name);

}  // namespace laconic::model
