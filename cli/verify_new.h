// `laconic verify new`: a verifier of one's own to start from, with cases that pass.
#pragma once

#include <string>
#include <vector>

namespace laconic::cli {

// Writes the folder NAME; returns the files in it. `language`: "python" or "cpp". Throws UsageError
// when NAME is no name for a folder or is there already.
std::vector<std::string> write_verifier_scaffold(const std::string& name, const std::string& language);

// What to type to try it, one command a line.
std::vector<std::string> scaffold_commands(const std::string& name, const std::string& language);

}  // namespace laconic::cli
