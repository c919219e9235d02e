// Files of this folder that are part of the executable: the Python adapter, what `laconic verify new`
// writes, the C header.
#pragma once

#include <string_view>
#include <vector>

namespace laconic::verifiers::custom {

struct EmbeddedFile {
  std::string_view name, content;  // name: relative to this folder
};
const std::vector<EmbeddedFile>& embedded_files();
std::string_view embedded(std::string_view name);  // of a file that is there

}  // namespace laconic::verifiers::custom
