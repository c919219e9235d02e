#include "verifiers/custom/library_host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "verifiers/custom/laconic_verifier.h"
#include "verifiers/custom/protocol.h"

namespace laconic::verifiers::custom {
namespace {

struct Library {
  decltype(&laconic_verify) verify = nullptr;
};

void* symbol(void* handle, const char* name) { return ::dlsym(handle, name); }

Library load(const std::string& path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw Error(std::string("cannot load the shared object: ") + ::dlerror(), path);
  const auto version = reinterpret_cast<decltype(&laconic_verifier_version)>(symbol(handle, "laconic_verifier_version"));
  const auto verify = reinterpret_cast<decltype(&laconic_verify)>(symbol(handle, "laconic_verify"));
  if (!version || !verify)
    throw Error(std::string("it has no `") + (version ? "laconic_verify" : "laconic_verifier_version") + "`", path,
                "in C++, define it with LACONIC_VERIFIER from laconic_verifier.h (C linkage, visible)");
  if (const int is = version(); is != LACONIC_VERIFIER_VERSION)
    throw Error(fmt::format("it is built for version {} of laconic_verifier.h, not {}", is, LACONIC_VERIFIER_VERSION), path);
  if (const auto start = reinterpret_cast<decltype(&laconic_verifier_start)>(symbol(handle, "laconic_verifier_start")))
    if (const int code = start(); code != 0) throw Error(fmt::format("its laconic_verifier_start returned {}", code), path);
  return {verify};
}

void send(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t put = ::write(fd, line.data(), line.size());
    if (put < 0 && errno != EINTR) throw Error(std::string("cannot write a reply: ") + std::strerror(errno));
    if (put > 0) line.remove_prefix(static_cast<std::size_t>(put));
  }
}

template <std::size_t N>
std::string text_of(const char (&buffer)[N]) {
  return std::string(buffer, ::strnlen(buffer, N));
}

std::string answer(const Library& library, const HostedRequest& request) {
  laconic_request in = {};
  in.size = sizeof in;
  in.ticket = request.ticket.c_str();
  in.prompt = request.prompt.c_str();
  in.response = request.response.c_str();
  in.response_size = request.response.size();
  in.answer = request.answer ? request.answer->c_str() : nullptr;
  in.gold = request.gold ? request.gold->c_str() : nullptr;
  in.columns = request.columns.c_str();
  in.finished = request.finished;
  const auto out = std::make_unique<laconic_verdict>();
  out->size = sizeof *out;
  const int code = library.verify(&in, out.get());
  const std::string explanation = text_of(out->explanation);
  if (code != 0) return write_failure(request.id, fmt::format("laconic_verify returned {}{}{}", code, explanation.empty() ? "" : ": ", explanation));
  static constexpr Outcome kOutcomes[] = {Outcome::kPass, Outcome::kFail, Outcome::kNoAnswer, Outcome::kUndecided, Outcome::kSkip};
  if (out->outcome < 0 || out->outcome > LACONIC_SKIP) return write_failure(request.id, fmt::format("laconic_verify gave the outcome {}, which does not exist", out->outcome));
  if (!std::isfinite(out->score)) return write_failure(request.id, fmt::format("laconic_verify gave the score {}, not a finite number", out->score));
  Verdict verdict;
  verdict.outcome = kOutcomes[out->outcome];
  verdict.score = out->score;
  verdict.extracted = text_of(out->extracted);
  verdict.explanation = explanation;
  return write_reply(request.id, verdict);
}

}  // namespace

void serve_library(const std::string& path) {
  const int protocol = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int requests = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (protocol < 0 || requests < 0 || nothing < 0) throw Error(std::string("cannot set up the protocol's descriptors: ") + std::strerror(errno));
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  ::dup2(nothing, STDIN_FILENO);
  const Library library = load(path);
  send(protocol, write_hello({.name = path}));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(::fdopen(requests, "r"), ::fclose);
  char* line = nullptr;
  std::size_t capacity = 0;
  for (ssize_t got; (got = ::getline(&line, &capacity, in.get())) > 0;) send(protocol, answer(library, read_request({line, static_cast<std::size_t>(got)})));
  std::free(line);
}

}  // namespace laconic::verifiers::custom
