// Source to program, inside the sandbox: the compiler works on hostile text too.
//
// The precompiled header is made once, by the first compile that wants it: the header alone is
// compiled (in the sandbox, nothing of an answer takes part) into FOLDER/pch-HASH/ where HASH names
// the compiler's file and the whole argv. A file lock keeps processes from building it twice; it
// appears by rename, so a reader sees all of it or nothing. Where it cannot be made, compiling goes
// on without it.
//
// It is brought in by `-include` in front of the program, so that `#pragma GCC optimize` or a
// `#define` before the first #include does not lose it. A program that fails to compile so is
// compiled again as it stands, and that decides: a name that clashes with a header which the program
// never asked for is no error of the program. Programs that include no header of any weight are
// compiled as they stand at once.
#pragma once

#include <cstdint>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/sandbox.h"
#include "verifiers/code/language.h"

namespace laconic::verifiers::code {

struct Compiled {
  enum class Result : std::uint8_t { kProgram, kError, kFault } result = Result::kFault;  // kFault: the machine's
  std::shared_ptr<const sandbox::SealedFile> program;  // of kProgram
  std::string message;        // kError: what the compiler said, or the limit it hit; kFault: why
  bool precompiled = false;   // the compiler has used the precompiled header
  double cpu_seconds = 0;     // of all attempts
};

struct CompileLimits {
  double cpu_seconds = 20;
  std::int64_t memory_bytes = std::int64_t{2} << 30;
};

// A further file beside the source.
struct SourceFile {
  std::string name, content;
};

// Thread-safe; one per verifier.
class Compiler {
 public:
  // `folder` of precompiled headers: empty is cache_folder(), "none" does without.
  Compiler(sandbox::Sandbox& sandbox, std::string folder, CompileLimits limits = {});

  // Equal sources are compiled once: the last kKept results are remembered, and a caller who asks
  // for one that is being made waits for it. Faults are not remembered.
  Compiled compile(const Language& language, const std::string& source, const std::vector<SourceFile>& extra = {});

  // The folder that holds the language's precompiled header, built if need be; "": none, and `why`,
  // when given, receives the reason.
  std::string precompiled(const Language& language, std::string* why = nullptr);

  static constexpr std::size_t kKept = 64;

 private:
  using Key = std::string;  // SHA-256 of all that goes in

  Compiled compile_new(const Language& language, const std::string& source, const std::vector<SourceFile>& extra);
  sandbox::Report run(const Language& language, const std::string& source, const std::vector<SourceFile>& extra, const std::string& folder);

  sandbox::Sandbox& sandbox_;
  const std::string folder_;
  const CompileLimits limits_;
  std::mutex results_mutex_;
  std::list<std::pair<Key, std::shared_future<Compiled>>> results_;  // the latest in front
  std::mutex headers_mutex_;
  std::map<std::string, std::pair<std::string, std::string>> headers_;  // language → folder, reason for none
};

}  // namespace laconic::verifiers::code
