// Which tensors get adapters. Names only, no model: the recipe's check, the plan and the learner ask.
#pragma once

#include <string>
#include <vector>

#include "learner/objective/options.h"

namespace laconic::learner {

// Throws Error for a target that no model has (naming the nearest that exists), and for one that stays
// frozen in every model (saying why). `where`: of the error. Adapters that are off are not checked.
void check_lora_targets(const LoraOptions& options, const std::string& where);

// Of a model's tensors (Hugging Face names) those that get an adapter, in their order. Throws Error as
// above, and for a target that this model has not, naming those it has.
std::vector<std::string> lora_tensors(const LoraOptions& options, const std::vector<std::string>& tensors, const std::string& where);

}  // namespace laconic::learner
