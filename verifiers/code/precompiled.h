// Precompiled headers: where they lie, and how one gets there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "sandbox/sandbox.h"
#include "verifiers/code/language.h"

namespace laconic::verifiers::code {

// ${XDG_CACHE_HOME:-~/.cache}/laconic; empty when there is no home.
std::filesystem::path cache_folder();

// The file to be given to -include: it includes the language's header. Not under that header's own
// name, or the program's #include would find it instead.
constexpr std::string_view kPrecompiledHeader = "all.h";

// FOLDER/pch-HASH, which holds that file and its precompiled form; HASH names the compiler's file and the whole argv. Built
// in the sandbox when it is not there yet, under a lock between processes. Throws Error, also for
// faults of the machine.
std::filesystem::path precompiled_folder(sandbox::Sandbox& sandbox, const Language& language, const std::filesystem::path& folder);

// Whether the program includes a header that makes the precompiled one worth while.
bool gains_by_precompiled(const Language& language, std::string_view source);

// Whether the precompiled header is the first thing the program includes anyway, with no directive
// before it: then bringing it in first changes nothing.
bool begins_with_precompiled(const Language& language, std::string_view source);

// The name that a line such as `# include <vector>` or `#include "x.h"` includes, or "".
std::string_view included_by(std::string_view line);

}  // namespace laconic::verifiers::code
