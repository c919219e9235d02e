#include "verifiers/custom/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

namespace laconic::verifiers::custom {
namespace {

constexpr std::size_t kLongestLine = 64 << 20;  // of a reply; beyond: the process is broken
constexpr std::size_t kMostLogged = 64 << 20;   // of one process's stderr; beyond: dropped
constexpr int kLastMomentMs = 200;
constexpr std::size_t kLastWords = 600;         // of stderr, in messages

}  // namespace

void Worker::add_polls(std::vector<pollfd>& polls) const {
  const auto add = [&](int fd, short events) {
    if (fd >= 0) polls.push_back({fd, events, 0});
  };
  if (!out_closed_) add(child_->out.get(), POLLIN);
  add(child_->err.get(), POLLIN);
  if (!unsent_.empty()) add(child_->in.get(), POLLOUT);
  add(child_->exit_fd(), POLLIN);
}

std::vector<std::string> Worker::pump() {
  while (!unsent_.empty() && child_->in) {
    const ssize_t put = ::write(child_->in.get(), unsent_.data(), unsent_.size());
    if (put > 0) {
      unsent_.erase(0, static_cast<std::size_t>(put));
    } else if (put < 0 && errno == EINTR) {
      continue;
    } else if (put < 0 && errno == EAGAIN) {
      break;
    } else {
      child_->in.close();  // it reads no more; its end or the deadline tells the rest
    }
  }
  std::vector<std::string> lines;
  read_out(lines);
  read_err();
  return lines;
}

void Worker::read_out(std::vector<std::string>& lines) {
  char chunk[65536];
  while (!out_closed_ && broken_.empty()) {
    const ssize_t got = ::read(child_->out.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      out_closed_ = true;
      break;
    }
    partial_.append(chunk, static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end; (end = partial_.find('\n', std::max(begin, scanned_))) != std::string::npos; begin = end + 1) {
      std::string line = partial_.substr(begin, end - begin);
      if (hello_) lines.push_back(std::move(line));
      else if (!(hello_ = read_hello(line, broken_))) return;
    }
    partial_.erase(0, begin);
    scanned_ = partial_.size();
    if (partial_.size() > kLongestLine) broken_ = fmt::format("it wrote a line of more than {} MB", kLongestLine >> 20);
  }
}

void Worker::read_err() {
  char chunk[65536];
  while (child_->err) {
    const ssize_t got = ::read(child_->err.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      child_->err.close();
      if (!err_partial_.empty()) log(err_partial_ + "\n");
      return;
    }
    err_partial_.append(chunk, static_cast<std::size_t>(got));
    const std::size_t end = err_partial_.rfind('\n');
    const std::size_t whole = end != std::string::npos ? end + 1 : err_partial_.size() > sizeof chunk ? err_partial_.size() : 0;
    log(std::string_view(err_partial_).substr(0, whole));
    err_partial_.erase(0, whole);
  }
}

// Whole lines, each named after its process.
void Worker::log(std::string_view text) {
  err_end_ += text;
  if (err_end_.size() > 4 * kLastWords) err_end_.erase(0, err_end_.size() - kLastWords);
  while (!text.empty() && logged_ <= kMostLogged) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
    logged_ += line.size() + 1;
    if (logged_ > kMostLogged) fmt::print(stderr, "verifier {}: more than {} MB of log; the rest is dropped\n", pid(), kMostLogged >> 20);
    else fmt::print(stderr, "verifier {}: {}\n", pid(), line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  std::fflush(stderr);
}

std::string Worker::with_last_words(const std::string& what) const {
  std::string words = err_end_ + err_partial_;
  while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
  if (words.empty()) return what;
  if (words.size() > kLastWords) {
    words.erase(0, words.size() - kLastWords);
    if (const std::size_t line = words.find('\n'); line != std::string::npos) words.erase(0, line + 1);
  }
  for (std::size_t at; (at = words.find('\n')) != std::string::npos;) words.replace(at, 1, " | ");
  return what + "; its stderr ends: " + words;
}

bool Worker::ended() {
  if (!how_) how_ = child_->ended();
  return how_.has_value();
}

std::optional<std::string> Worker::over() {
  if (!broken_.empty()) return with_last_words(broken_);
  if (out_closed_ && !how_) {  // a process that ends closes its stdout a moment before: say how it ended
    pollfd exit = {child_->exit_fd(), POLLIN, 0};
    ::poll(&exit, 1, kLastMomentMs);
    ended();
    read_err();
  }
  if (how_) return with_last_words("it ended with " + *how_);
  if (out_closed_) return with_last_words("it closed its stdout");
  return std::nullopt;
}

}  // namespace laconic::verifiers::custom
