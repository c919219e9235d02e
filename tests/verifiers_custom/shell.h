// Commands as typed, with the built laconic first in PATH.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/file.h"

namespace laconic::verifiers::custom {

struct Said {
  int code = -1;
  std::string out, err;
};

inline fs::path build_root() {
  const char* build = std::getenv("LACONIC_BUILD");
  return build ? fs::path(build) : fs::current_path() / "build";
}

inline Said shell(const std::string& folder, const std::string& command) {
  const std::string out = folder + "/stdout.txt", err = folder + "/stderr.txt";
  const std::string whole = "cd '" + folder + "' && PATH='" + build_root().string() + "':\"$PATH\" && { " + command + "; } >'" + out + "' 2>'" + err + "' </dev/null";
  const int status = std::system(whole.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

}  // namespace laconic::verifiers::custom
