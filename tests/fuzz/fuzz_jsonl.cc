// Whole data files: any bytes become rows and skipped lines that together are the file's lines, or one Error.
#include <fstream>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "pipeline/data/jsonl.h"

using namespace laconic;
using namespace laconic::pipeline;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// One file a process, rewritten for each input.
struct Scratch {
  std::string path = (fs::temp_directory_path() / ("laconic-fuzz-jsonl-" + std::to_string(::getpid()))).string();
  ~Scratch() { std::remove(path.c_str()); }
};

int line_of(const std::string& id, const std::string& path) {
  require(id.rfind(path + ":", 0) == 0);
  return std::atoi(id.c_str() + path.size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  std::ofstream(scratch.path, std::ios::binary | std::ios::trunc).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  std::size_t rows = 0, skipped = 0;
  int first_bad = 0;
  try {
    const JsonlRows all = load_jsonl(scratch.path, {.rows = {}, .skip_bad_lines = true});
    rows = all.problems.size();
    skipped = all.skipped.size();
    require(rows > 0 && all.duplicates < rows);
    int before = 0;
    for (const Problem& problem : all.problems) {
      require(!problem.prompt.empty() && !problem.verifier.empty());
      const int line = line_of(problem.id, scratch.path);
      require(line > before);
      before = line;
    }
    if (skipped > 0) first_bad = line_of(all.skipped.front(), scratch.path);
  } catch (const Error& error) {
    require(!std::string(error.message()).empty() && error.where().rfind(scratch.path, 0) == 0);
  }
  // The strict reading is the same, up to the first bad line.
  try {
    const JsonlRows strict = load_jsonl(scratch.path, {});
    require(strict.problems.size() == rows && skipped == 0);
  } catch (const Error& error) {
    require(rows == 0 || (skipped > 0 && line_of(error.where(), scratch.path) == first_bad));
  }
  return 0;
}
