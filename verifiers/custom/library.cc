#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "verifiers/custom/process_verifier.h"

namespace laconic::verifiers::custom {
namespace {

// The executable that hosts shared objects: `laconic verify serve-library`.
fs::path host() {
  const char* folder = std::getenv("LACONIC_BIN_DIR");
  const fs::path path = (folder ? fs::path(folder) : fs::read_symlink("/proc/self/exe").parent_path()) / "laconic";
  if (::access(path.c_str(), X_OK) != 0)
    throw Error("there is no executable `" + path.string() + "` to host a shared object", "verifier",
                "LACONIC_BIN_DIR names its folder when it is elsewhere");
  return path;
}

}  // namespace

std::unique_ptr<Verifier> make_library(const LibraryOptions& library, const ProcessOptions& process, Reasoning reasoning) {
  if (library.path.empty())
    throw Error("the verifier \"library\" needs the shared object", "verifier.library.path", "verifier.library.path = \"./libmine.so\"");
  if (!fs::is_regular_file(library.path))
    throw Error("there is no file `" + library.path + "`", "verifier.library.path", "paths are relative to the folder laconic is started in");
  const std::string path = fs::absolute(library.path).string();
  const std::string program = host().string();
  return verifier_of_process({{program, "verify", "serve-library", path}, process.cwd, {}}, process, reasoning,
                             {fs::path(path).parent_path().string(), fs::path(program).parent_path().string()});
}

}  // namespace laconic::verifiers::custom
