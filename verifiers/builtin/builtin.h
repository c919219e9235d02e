// The small built-in verifiers. Each is a pure function of response, row and options.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verifiers/builtin/options.h"
#include "verifiers/answer.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::builtin {

struct Entry {
  std::string name, summary;
  std::unique_ptr<Verifier> (*make)(const BuiltinOptions& options, Reasoning reasoning);  // throws Error on bad settings
};
const std::vector<Entry>& entries();

}  // namespace laconic::verifiers::builtin
