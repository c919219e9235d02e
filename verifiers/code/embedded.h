// Files of this folder that travel inside the library: language descriptions and drivers.
#pragma once

#include <string_view>
#include <vector>

namespace laconic::verifiers::code {

// `name` relative to verifiers/code, e.g. "drivers/call.py". Throws Error when there is none.
std::string_view embedded_file(std::string_view name);

// Names that begin with `folder`, e.g. "languages/", in order.
std::vector<std::string_view> embedded_names(std::string_view folder);

}  // namespace laconic::verifiers::code
