// The verifier in front of a pool of processes.
#pragma once

#include <memory>

#include "verifiers/custom/child.h"
#include "verifiers/custom/custom.h"

namespace laconic::verifiers::custom {

// `readable`: files and folders that the command needs, for a sandboxed process.
std::unique_ptr<Verifier> verifier_of_process(Launch launch, const ProcessOptions& options, Reasoning reasoning, std::vector<std::string> readable);

}  // namespace laconic::verifiers::custom
