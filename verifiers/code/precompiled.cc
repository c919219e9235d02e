#include "verifiers/code/precompiled.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "verifiers/code/compare.h"

namespace laconic::verifiers::code {
namespace {

// Held while one process builds; others wait for it, and a killed builder's lock is gone with it.
class FileLock {
 public:
  explicit FileLock(const fs::path& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw Error(std::string("cannot lock: ") + std::strerror(errno), path.string());
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      const int error = errno;
      ::close(fd_);
      throw Error(std::string("cannot lock: ") + std::strerror(error), path.string());
    }
  }
  ~FileLock() { ::close(fd_); }
  FileLock(const FileLock&) = delete;

 private:
  int fd_;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
  return text;
}

// An update of the compiler changes its file, and with it the folder's name.
std::string identity_of(const Language& language) {
  std::string text = language.precompiled_header;
  for (const std::string& word : language.precompile) text += '\0' + word;
  struct stat status {};
  const fs::path compiler = fs::canonical(language.precompile[0]);
  if (::stat(compiler.c_str(), &status) != 0) throw Error(std::string("no compiler: ") + std::strerror(errno), compiler.string());
  text += '\0' + compiler.string() + '\0' + std::to_string(status.st_size) + '\0' + std::to_string(status.st_mtim.tv_sec);
  return sha256_hex(as_byte_span(text)).substr(0, 16);
}

constexpr std::string_view kGch = "all.h.gch";
static_assert(kGch.substr(0, kPrecompiledHeader.size()) == kPrecompiledHeader);

std::string header_text(const Language& language) { return "#include <" + language.precompiled_header + ">\n"; }

std::string build(sandbox::Sandbox& sandbox, const Language& language) {
  sandbox::Spec spec;
  for (const std::string& word : language.precompile) spec.argv.push_back(replaced(replaced(word, "{header}", kPrecompiledHeader), "{output}", kGch));
  spec.files.push_back({std::string(kPrecompiledHeader), sandbox::SealedFile::of(header_text(language)), false});
  spec.environment = {"TMPDIR=/box"};
  for (const std::string& path : language.paths) spec.paths.push_back({path, {}});
  spec.collect = {std::string(kGch)};
  spec.limits.cpu_seconds = 120;
  spec.limits.memory_bytes = std::int64_t{2} << 30;
  spec.limits.file_bytes = std::int64_t{512} << 20;
  sandbox::Report report = sandbox.run(spec);
  if (report.end != sandbox::End::kExited || report.exit_code != 0 || report.collected.empty()) {
    throw Error("the header " + language.precompiled_header + " could not be precompiled: " + std::string(name_of(report.end)) + " " +
                report.fault + shortened(report.err, 300), language.name);
  }
  return std::move(report.collected[0].second);
}

}  // namespace

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && cache[0] == '/') return fs::path(cache) / "laconic";
  if (const char* home = std::getenv("HOME"); home && home[0] == '/') return fs::path(home) / ".cache/laconic";
  return {};
}

fs::path precompiled_folder(sandbox::Sandbox& sandbox, const Language& language, const fs::path& folder) {
  const fs::path target = folder / ("pch-" + identity_of(language));
  if (fs::exists(target / kGch)) return target;
  fs::create_directories(folder);
  const FileLock lock(folder / (target.filename().string() + ".lock"));
  if (fs::exists(target / kGch)) return target;
  // The lock's holder alone writes here, so what lies there is a killed builder's.
  const fs::path making = folder / (target.filename().string() + ".making");
  fs::remove_all(making);
  fs::create_directories(making);
  write_file_durably(making / kPrecompiledHeader, header_text(language));
  write_file_durably(making / kGch, build(sandbox, language));
  // The sandbox's users are not the owner.
  for (const fs::path& path : {making, making / kPrecompiledHeader, making / kGch}) {
    using fs::perms;
    fs::permissions(path, perms::owner_all | perms::group_read | perms::group_exec | perms::others_read | perms::others_exec);
  }
  fs::remove_all(target);
  publish_folder(making, target);
  return target;
}

std::string_view included_by(std::string_view line) {
  const auto skip = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  skip();
  if (line.empty() || line[0] != '#') return {};
  line.remove_prefix(1);
  skip();
  constexpr std::string_view kInclude = "include";
  if (line.substr(0, kInclude.size()) != kInclude) return {};
  line.remove_prefix(kInclude.size());
  skip();
  if (line.empty() || (line[0] != '<' && line[0] != '"')) return {};
  const std::size_t end = line.find(line[0] == '<' ? '>' : '"', 1);
  return end == std::string_view::npos ? std::string_view() : line.substr(1, end - 1);
}

namespace {

// Visits lines until `visit` returns false.
template <class Visit>
void each_line_while(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!visit(text.substr(0, end))) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

bool gains_by_precompiled(const Language& language, std::string_view source) {
  bool gains = false;
  each_line_while(source, [&](std::string_view line) {
    const std::string_view name = included_by(line);
    gains = !name.empty() && std::find(language.precompiled_for.begin(), language.precompiled_for.end(), name) != language.precompiled_for.end();
    return !gains;
  });
  return gains;
}

bool begins_with_precompiled(const Language& language, std::string_view source) {
  bool begins = false;
  each_line_while(source, [&](std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line.substr(first, 2) == "//") return true;
    begins = included_by(line) == language.precompiled_header;
    return false;
  });
  return begins;
}

}  // namespace laconic::verifiers::code
