// A model family: how config.json spells the architecture. One short file each (family_*.cc); the
// mathematics is the same blocks for all of them. Private to this folder.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/json_fields.h"

namespace laconic::model {

inline constexpr std::int64_t kMaxWidth = std::int64_t{1} << 24;

struct Family {
  const char* model_type;    // config.json's
  const char* architecture;  // of its one entry in `architectures`
  // Fills what families differ in; vocabulary, position, norm and token keys are read for all alike
  // (config.cc). Throws Error for a key whose value would change the mathematics.
  void (*read)(const Fields& fields, Config& config);
  // The keys that `read` reads, for config.json.
  void (*write)(const Config& config, Json& json);
  const char* layer_type = "full_attention";  // of every layer, where config.json has layer_types
};

extern const Family kDeepseekV2, kDeepseekV3, kDeepseekV32, kLlama, kQwen2, kQwen3, kQwen3Moe, kOlmoe;

const std::vector<const Family*>& families();
// Throws Error that lists the families and names the nearest.
const Family& family_named(const std::string& model_type, const std::string& where);

// --- shared by the families' files ---

// Refuses a value, naming what is implemented.
[[noreturn]] void refuse(const Fields& fields, const char* key, const std::string& supported);
void require_text(const Fields& fields, const char* key, const std::string& value);
void require_absent(const Fields& fields, const char* key);  // absent, null or false
// Keys that change nothing in this model, whatever their values (mathematics_keys.h).
void pass_over(const Fields& fields, std::initializer_list<const char*> keys);

}  // namespace laconic::model
