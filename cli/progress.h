// Draws a run while it goes. Two forms of the same observer: one line per event for pipes and files
// (no carriage returns), and a small block that is redrawn in place on a terminal.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "pipeline/progress.h"

namespace laconic::cli {

// Where the lines go: whole texts, newlines included.
using Sink = std::function<void(std::string_view)>;

class Progress : public pipeline::Observer {
 public:
  // True once the run has been started: errors after that are not the command line's.
  bool started() const { return started_; }
  void run_started(const std::string& folder, const std::string& plan, const std::string& resumed) override;
  virtual void close() {}  // leaves the terminal tidy; called before a final summary or an error

 protected:
  virtual void line(const std::string& text) = 0;  // a line that stays

 private:
  bool started_ = false;
};

// On a terminal the live block, otherwise lines; on stderr, because stdout carries data.
std::unique_ptr<Progress> make_progress();

std::unique_ptr<Progress> make_line_progress(Sink sink);
std::unique_ptr<Progress> make_live_progress(Sink sink, std::function<int()> width, bool color, const Clock& clock);

// "rl 12/200  reward 0.41 (+0.02)  accuracy 61.0 %  tokens 84  signal 75 %  …": what both forms say of a
// step. `previous`: the same stage's step before, or null. A metric that is absent is left out.
std::string step_text(const pipeline::StepLine& step, const pipeline::StepLine* previous);

// "accuracy 61.0 % [54.1, 67.5]  tokens 84.1  …"
std::string eval_text(const pipeline::EvalResult& eval);

std::string wait_text(const pipeline::WaitLine& wait);

}  // namespace laconic::cli
