// Source to program, inside the sandbox: the compiler works on hostile text too.
//
// The precompiled header is built by the first compile that wants it, by g++ itself on the header
// alone (nothing of an answer takes part), into FOLDER/pch-HASH/ where HASH names the compiler's
// version and the whole argv. A file lock keeps processes from building it twice; it appears by
// rename, so a reader sees all of it or nothing. When it cannot be built compiling goes on without.
//
// It is brought in by `-include` in front of the program, so that `#pragma GCC optimize` or a
// `#define` before the first #include does not lose it. A program that fails to compile so is
// compiled again as it stands, and that decides: a name that clashes with a header which the program
// never asked for is no error of the program.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "sandbox/sandbox.h"
#include "verifiers/code/language.h"

namespace laconic::verifiers::code {

struct Compiled {
  enum class Result { kProgram, kError, kFault } result = Result::kFault;  // kFault: the machine's
  std::shared_ptr<const sandbox::SealedFile> program;  // of kProgram
  std::string message;        // kError: what the compiler said, or the limit it hit; kFault: why
  bool precompiled = false;   // made with the precompiled header
  double cpu_seconds = 0;     // of all attempts
};

struct CompileLimits {
  double cpu_seconds = 20;
  std::int64_t memory_bytes = std::int64_t{2} << 30;
};

// Thread-safe; one per verifier.
class Compiler {
 public:
  // `precompiled_folder`: empty is ${XDG_CACHE_HOME:-~/.cache}/laconic, "none" does without.
  Compiler(sandbox::Sandbox& sandbox, std::string precompiled_folder, CompileLimits limits = {});

  // `extra`: further files beside the source, name and content.
  Compiled compile(const Language& language, const std::string& source,
                   const std::vector<std::pair<std::string, std::string>>& extra = {});

  // The folder that holds the language's precompiled header, building it if need be; "": none.
  // `why`, when given, receives the reason for none.
  std::string precompiled_folder(const Language& language, std::string* why = nullptr);

 private:
  sandbox::Sandbox& sandbox_;
  std::string folder_;
  CompileLimits limits_;
  std::mutex mutex_;
  std::map<std::string, std::pair<std::string, std::string>> made_;  // key → folder, reason
};

}  // namespace laconic::verifiers::code
