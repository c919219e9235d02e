// A card as GGUF metadata: the way back of gguf_card. Private to this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/card.h"
#include "model/gguf/gguf.h"

namespace laconic::model {

// Appends to `losses` what is not kept. Throws Error for a family without a GGUF architecture.
std::map<std::string, GgufValue> gguf_metadata(const ModelCard& card, std::vector<std::string>& losses);

// Throws Error naming the first key of config.json that would not come back as it is.
void check_metadata(const Gguf& gguf, const Config& config);

}  // namespace laconic::model
