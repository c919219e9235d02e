#include "verifiers/code/compile.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "verifiers/code/compare.h"
#include "verifiers/code/precompiled.h"

namespace laconic::verifiers::code {
namespace {

constexpr std::string_view kInside = "/pch";  // where the precompiled header is seen

std::string key_of(const Language& language, const std::string& source, const std::vector<SourceFile>& extra) {
  std::string text = language.name + '\0' + source;
  for (const SourceFile& file : extra) text += '\0' + file.name + '\0' + file.content;
  return sha256_hex(as_byte_span(text));
}

// With -H the compiler lists what it includes, first the header brought in by -include: "! FILE" is
// a precompiled one that was used, "x FILE" one that was not.
bool used_precompiled(std::string_view err) { return err.substr(0, 2 + kInside.size()) == "! " + std::string(kInside); }

// The first complaint; failing that the last line. Excerpts of source are not printed by the compiler
// at all.
std::string message_of(std::string_view err) {
  std::string_view last;
  while (!err.empty()) {
    const std::size_t end = std::min(err.find('\n'), err.size());
    const std::string_view line = err.substr(0, end);
    if (line.find("error: ") != std::string_view::npos || line.find("undefined reference") != std::string_view::npos) return shortened(line, 200);
    if (!line.empty()) last = line;
    err.remove_prefix(std::min(end + 1, err.size()));
  }
  return shortened(last, 200);
}

}  // namespace

Compiler::Compiler(sandbox::Sandbox& sandbox, std::string folder, CompileLimits limits)
    : sandbox_(sandbox), folder_(folder.empty() ? cache_folder().string() : std::move(folder)), limits_(limits) {}

std::string Compiler::precompiled(const Language& language, std::string* why) {
  const std::lock_guard lock(headers_mutex_);  // held while building: who needs the header waits for it
  const auto [entry, is_new] = headers_.try_emplace(language.name);
  auto& [folder, reason] = entry->second;
  if (is_new) {
    if (language.precompiled_header.empty()) reason = language.name + " has no precompiled header";
    else if (folder_ == "none") reason = "verifier.code.precompiled = \"none\"";
    else if (folder_.empty()) reason = "neither XDG_CACHE_HOME nor HOME is set";
    else {
      try {
        folder = precompiled_folder(sandbox_, language, folder_).string();
      } catch (const std::exception& error) {
        reason = error.what();
      }
    }
  }
  if (why) *why = reason;
  return folder;
}

sandbox::Report Compiler::run(const Language& language, const std::string& source, const std::vector<SourceFile>& extra, const std::string& folder) {
  sandbox::Spec spec;
  spec.argv = language.compile;
  if (!folder.empty()) {
    spec.argv.insert(spec.argv.begin() + 1, {"-I" + std::string(kInside), "-include", std::string(kPrecompiledHeader), "-H"});
    spec.paths.push_back({folder, std::string(kInside)});
  }
  for (const auto& [header, link] : language.libraries) {
    for (std::string_view rest = source; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (included_by(rest.substr(0, end)).substr(0, header.size()) == header) {
        spec.argv.insert(spec.argv.end(), link.begin(), link.end());
        break;
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const std::string& path : language.paths) spec.paths.push_back({path, {}});
  spec.environment = {"TMPDIR=/box"};
  spec.files.push_back({language.source, sandbox::SealedFile::of(source), false});
  for (const SourceFile& file : extra) spec.files.push_back({file.name, sandbox::SealedFile::of(file.content), false});
  spec.collect = {language.binary};
  spec.limits.cpu_seconds = limits_.cpu_seconds;
  spec.limits.memory_bytes = limits_.memory_bytes;
  return sandbox_.run(spec);
}

Compiled Compiler::compile_new(const Language& language, const std::string& source, const std::vector<SourceFile>& extra) {
  Compiled compiled;
  std::string folder = gains_by_precompiled(language, source) ? precompiled(language) : std::string();
  while (true) {
    sandbox::Report report = run(language, source, extra, folder);
    compiled.cpu_seconds += report.cpu_seconds;
    compiled.precompiled = !folder.empty() && used_precompiled(report.err);
    if (report.end == sandbox::End::kFault) {
      compiled.message = report.fault;
    } else if (report.end != sandbox::End::kExited) {
      compiled.result = Compiled::Result::kError;
      compiled.message = "the compiler ended by " + std::string(name_of(report.end)) + (report.denied_call.empty() ? "" : " " + report.denied_call);
    } else if (report.exit_code == 0 && !report.collected.empty()) {
      compiled.result = Compiled::Result::kProgram;
      compiled.program = sandbox::SealedFile::of(report.collected[0].second);
    } else if (!folder.empty() && !begins_with_precompiled(language, source)) {
      folder.clear();
      continue;
    } else {
      compiled.result = Compiled::Result::kError;
      compiled.message = message_of(report.err);
    }
    return compiled;
  }
}

Compiled Compiler::compile(const Language& language, const std::string& source, const std::vector<SourceFile>& extra) {
  const Key key = key_of(language, source, extra);
  std::promise<Compiled> promise;
  {
    std::unique_lock lock(results_mutex_);
    const auto known = std::find_if(results_.begin(), results_.end(), [&](const auto& entry) { return entry.first == key; });
    if (known != results_.end()) {
      results_.splice(results_.begin(), results_, known);
      const std::shared_future<Compiled> future = known->second;
      lock.unlock();
      return future.get();
    }
    results_.emplace_front(key, promise.get_future().share());
    if (results_.size() > kKept) results_.pop_back();
  }
  const auto forget = [&] {
    const std::lock_guard lock(results_mutex_);
    results_.remove_if([&](const auto& entry) { return entry.first == key; });
  };
  try {
    Compiled compiled = compile_new(language, source, extra);
    if (compiled.result == Compiled::Result::kFault) forget();
    promise.set_value(compiled);
    return compiled;
  } catch (...) {
    forget();
    promise.set_exception(std::current_exception());
    throw;
  }
}

}  // namespace laconic::verifiers::code
