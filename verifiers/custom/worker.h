// One running process of a verifier: its lines out, its lines in, its log.
//
// Used by the pool's thread only. stderr is passed on to ours line by line (a role's stderr is a kept
// log of the run folder) and its end is remembered for messages.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/custom/child.h"
#include "verifiers/custom/protocol.h"

namespace laconic::verifiers::custom {

class Worker {
 public:
  Worker(std::unique_ptr<Child> child, double hello_by) : child_(std::move(child)), hello_by_(hello_by) {}

  void send(std::string_view line) { unsent_ += line; }
  void add_polls(std::vector<pollfd>& polls) const;
  bool needs_ticks() const { return child_->exit_fd() < 0; }

  // Moves what can be moved without waiting. Returns the complete lines of stdout, the hello apart.
  std::vector<std::string> pump();

  // Looked up before a pump(), so that what it wrote last is read.
  bool ended();

  // Why nothing more may be expected of it, or nullopt. With the end of its stderr.
  std::optional<std::string> over();

  bool ready() const { return hello_.has_value(); }
  const Hello& hello() const { return *hello_; }
  double hello_by() const { return hello_by_; }
  pid_t pid() const { return child_->pid(); }
  std::string with_last_words(const std::string& what) const;

  void close_input() { child_->in.close(); }

 private:
  void read_out(std::vector<std::string>& lines);
  void read_err();
  void log(std::string_view text);

  std::unique_ptr<Child> child_;
  double hello_by_;
  std::optional<Hello> hello_;
  std::optional<std::string> how_;  // it ended
  std::string unsent_, partial_, err_partial_, err_end_, broken_;
  std::size_t scanned_ = 0, logged_ = 0;
  bool out_closed_ = false;
};

}  // namespace laconic::verifiers::custom
