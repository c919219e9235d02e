// The program in a response.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verifiers/code/language.h"
#include "verifiers/code/task.h"

namespace laconic::verifiers::code {

// The content of the last closed code fence whose tag is one of the language's or empty, without the
// fence's own indentation; nullopt: there is none. One pass over the lines.
std::optional<std::string> last_program(std::string_view text, const Language& language);

// The whole program: rows that come with a header (HumanEval) take a completion of it, or a whole
// function with the header's imports and helpers put in front. Other rows: the code as it is.
std::string whole_program(const CodeTask& task, std::string code);

}  // namespace laconic::verifiers::code
