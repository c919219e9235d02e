// A verifier's process inside the sandbox: no network, read-only files, limited memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verifiers/custom/child.h"

namespace laconic::sandbox { class Sandbox; }

namespace laconic::verifiers::custom {

// `readable`: folders and files that it sees beside the system's, at their own paths; an interpreter's
// own folder is found by itself. The sandbox must outlive the child. Throws Error.
std::unique_ptr<Child> start_sandboxed(sandbox::Sandbox& sandbox, const Launch& launch, const std::vector<std::string>& readable, int memory_mb);

}  // namespace laconic::verifiers::custom
