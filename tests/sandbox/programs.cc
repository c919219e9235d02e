#include "tests/sandbox/programs.h"

#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace laconic::sandbox::attacks {
namespace {

constexpr const char* kFlags = "-O1 -static -pthread -w";

}  // namespace

fs::path Programs::binary_path(const std::string& name) const {
  const fs::path header = sources_ / "attack.h";
  const std::string text = read_file(sources_ / name) + (fs::exists(header) ? read_file(header) : "") + kFlags;
  return built_ / fmt::format("{}-{:016x}", fs::path(name).stem().string(), xxh3(text));
}

void Programs::build(const std::vector<std::string>& names) const {
  fs::create_directories(built_);
  for (const std::string& name : names) {
    const fs::path out = binary_path(name);
    if (fs::exists(out)) continue;
    const fs::path part = fmt::format("{}.{}", out.string(), ::getpid());
    const std::string command = fmt::format("{} {} -I '{}' -o '{}' '{}' -lrt", fs::path(name).extension() == ".c" ? "gcc" : "g++ -std=c++17", kFlags,
                                            sources_.string(), part.string(), (sources_ / name).string());
    if (std::system(command.c_str()) != 0) throw Error("an attack program does not compile: " + name, command);
    fs::rename(part, out);
  }
}

std::shared_ptr<const SealedFile> Programs::source(const std::string& name) const { return SealedFile::of(read_file(sources_ / name)); }
std::shared_ptr<const SealedFile> Programs::binary(const std::string& name) const { return SealedFile::of(read_file(binary_path(name))); }

}  // namespace laconic::sandbox::attacks
