// The programs of a folder, ready to run: C and C++ compiled statically once (kept in the build folder under a hash of
// source and flags), scripts as they are.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"

namespace laconic::sandbox::attacks {

namespace fs = std::filesystem;

class Programs {
 public:
  Programs(fs::path sources, fs::path built) : sources_(std::move(sources)), built_(std::move(built)) {}

  // Compiles every .c of `names` (and .cc that ends in no bomb: those are compiled in the sandbox, so only on request).
  void build(const std::vector<std::string>& names) const;

  std::shared_ptr<const SealedFile> source(const std::string& name) const;  // the file as it is
  std::shared_ptr<const SealedFile> binary(const std::string& name) const;  // what build() made of it
  fs::path binary_path(const std::string& name) const;

 private:
  fs::path sources_, built_;
};

}  // namespace laconic::sandbox::attacks
