// Verifiers that users write. All three run in a process of their own that speaks the line protocol
// (docs/verifiers.md): the user's program, a Python that runs the adapter around the user's file, or
// laconic itself hosting the user's shared object.
#pragma once

#include <memory>

#include "verifiers/answer.h"
#include "verifiers/custom/options.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::custom {

// They start nothing. Each throws Error when a setting is missing or a named file is not there.
std::unique_ptr<Verifier> make_process(const ProcessOptions& process, Reasoning reasoning);
std::unique_ptr<Verifier> make_python(const PythonOptions& python, const ProcessOptions& process, Reasoning reasoning);
std::unique_ptr<Verifier> make_library(const LibraryOptions& library, const ProcessOptions& process, Reasoning reasoning);

}  // namespace laconic::verifiers::custom
