#include "cli/progress.h"

#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/format.h"
#include "cli/terminal.h"
#include "pipeline/evaluation.h"

namespace laconic::cli {
namespace {

using pipeline::EvalResult;
using pipeline::PhaseLine;
using pipeline::StepLine;
using pipeline::WaitLine;

std::optional<double> metric(const StepLine& step, const std::string& name) {
  const auto found = step.metrics.find(name);
  if (found == step.metrics.end() || !std::isfinite(found->second)) return std::nullopt;
  return found->second;
}

std::optional<double> tokens_per_second(const StepLine& step) {
  if (const auto measured = metric(step, "perf/tokens_per_s")) return measured;
  auto tokens = metric(step, "num_tokens");
  if (!tokens) tokens = metric(step, "tokens");
  if (!tokens || step.seconds <= 0) return std::nullopt;
  return *tokens / step.seconds;
}

}  // namespace

std::string step_text(const StepLine& step, const StepLine* previous) {
  std::string text = fmt::format("{} {}/{}", step.stage, step.step, step.steps);
  const auto add = [&](const char* label, const std::string& value) { text += fmt::format("  {} {}", label, value); };
  if (const auto reward = metric(step, "reward")) {
    std::string value = fixed(reward, 3);
    if (previous)
      if (const auto before = metric(*previous, "reward")) value += " (" + signed_fixed(*reward - *before, 3) + ")";
    add("reward", value);
  }
  if (const auto v = metric(step, "loss"); v && step.type == "sft") add("loss", fixed(v, 4));
  if (const auto v = metric(step, "accuracy")) add("accuracy", percent(v));
  if (const auto v = metric(step, "completions/mean_length")) add("tokens", fixed(v, 1));
  if (const auto v = metric(step, "frac_groups_no_signal")) add("signal", fmt::format("{:.0f} %", 100 * (1 - *v)));
  if (const auto v = metric(step, "kl")) add("kl", fmt::format("{:.2g}", *v));
  if (const auto v = metric(step, "entropy")) add("entropy", fixed(v, 3));
  if (const auto v = metric(step, "grad_norm")) add("gnorm", fmt::format("{:.3g}", *v));
  if (const auto v = metric(step, "frac_samples_absent"); v && *v > 0) add("absent", percent(v));
  if (const auto v = tokens_per_second(step)) add("tok/s", short_count(*v));
  text += "  " + human_seconds(step.seconds);
  if (step.eta_seconds >= 0 && step.step < step.steps) text += "  eta " + human_seconds(step.eta_seconds);
  return text;
}

std::string eval_text(const EvalResult& eval) {
  if (eval.counted == 0) return fmt::format("evaluation after {} {}: no verdict on any of {} samples", eval.stage, eval.step, eval.absent);
  std::string text = fmt::format("evaluation after {} {}: accuracy {} [{:.1f}, {:.1f}]  tokens {:.1f}", eval.stage, eval.step, percent(eval.accuracy),
                                 100 * eval.accuracy_low, 100 * eval.accuracy_high, eval.mean_tokens);
  if (eval.tokens_per_correct > 0) text += fmt::format("  per correct answer {:.1f}", eval.tokens_per_correct);
  text += fmt::format("  cut {}  ({} problems", percent(eval.truncated), eval.problems);
  if (eval.samples > 1) text += fmt::format(" × {}, pass@{} {}", eval.samples, eval.samples, percent(eval.pass_at_k));
  if (eval.absent > 0) text += fmt::format(", {} samples without a verdict", eval.absent);
  return text + ")";
}

std::string wait_text(const WaitLine& wait) {
  return fmt::format("waiting for {} from {} for {}{}", wait.what, wait.whom, human_seconds(wait.seconds),
                     wait.others > 0 ? fmt::format(" (and for {} more)", wait.others) : "");
}

void Progress::run_started(const std::string& folder, const std::string& plan, const std::string& resumed) {
  started_ = true;
  std::string text = plan;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty()) line(text);
  if (!resumed.empty()) line("resumed from " + resumed);
  line("run folder " + folder + "; logs: tail -F " + folder + "/logs/*.log");
}

namespace {

// ---- lines ------------------------------------------------------------------------------------

class LineProgress : public Progress {
 public:
  explicit LineProgress(Sink sink) : sink_(std::move(sink)) {}

  void phase_started(const PhaseLine& phase) override {
    if (phase.phase == "start" || phase.phase == "evaluate") line(phase.stage.empty() ? phase.phase + " …" : phase.phase + " " + phase.stage + " …");
  }
  void step_finished(const StepLine& step) override {
    const bool same = previous_ && previous_->stage == step.stage;
    line(step_text(step, same ? &*previous_ : nullptr));
    previous_ = step;
    next_wait_ = kFirstWait;
  }
  void evaluated(const EvalResult& eval) override { line(eval_text(eval)); }
  void groups_done(const std::string&, int, int, int, int) override { next_wait_ = kFirstWait; }
  void waiting(const WaitLine& wait) override {
    if (wait.seconds < next_wait_) return;
    line(wait_text(wait));
    next_wait_ = std::max(wait.seconds * 2, kFirstWait);  // a long wait is told ever more rarely
  }
  void warning(const std::string& text) override { line("warning: " + text); }
  void note(const std::string& text) override { line(text); }

 protected:
  void line(const std::string& text) override { sink_(printable(text) + "\n"); }

 private:
  static constexpr double kFirstWait = 3;
  Sink sink_;
  std::optional<StepLine> previous_;
  double next_wait_ = kFirstWait;
};

// ---- live block -------------------------------------------------------------------------------

class LiveProgress : public Progress {
 public:
  LiveProgress(Sink sink, std::function<int()> width, bool color, const Clock& clock)
      : sink_(std::move(sink)), width_(std::move(width)), style_{color}, clock_(clock) {}
  ~LiveProgress() override { LiveProgress::close(); }

  void phase_started(const PhaseLine& phase) override {
    phase_ = phase;
    phase_since_ = clock_.now();
    groups_.clear();
    wait_.clear();
    draw();
  }
  void phase_finished(const PhaseLine& phase) override {
    if (phase_ && phase_->phase == phase.phase) phase_.reset();
    wait_.clear();
    draw();
  }
  void groups_done(const std::string&, int, int judged, int sampled, int wanted) override {
    groups_ = fmt::format("{} of {} groups sampled, {} judged", sampled, wanted, judged);
    wait_.clear();
    draw();
  }
  void step_finished(const StepLine& step) override {
    const bool same = last_ && last_->stage == step.stage;
    if (!same) {
      if (!text_.empty()) line(text_);  // the end of the stage before stays to be read
      curves_.assign(3, {});
    }
    text_ = step_text(step, same ? &*last_ : nullptr);
    last_ = step;
    const auto keep = [&](std::size_t curve, const char* name) {
      curves_[curve].push_back(metric(step, name).value_or(NAN));
      if (curves_[curve].size() > kHistory) curves_[curve].erase(curves_[curve].begin());
    };
    keep(0, "accuracy");
    keep(1, "completions/mean_length");
    keep(2, step.type == "sft" ? "loss" : "reward");
    wait_.clear();
    draw();
  }
  void evaluated(const EvalResult& eval) override { line(eval_text(eval)); }
  void waiting(const WaitLine& wait) override {
    wait_ = wait_text(wait);
    draw();
  }
  void warning(const std::string& text) override { line(style_.yellow("warning: ") + printable(text)); }
  void note(const std::string& text) override { line(printable(text)); }

  void close() override {
    sink_(erasure() + (text_.empty() ? "" : text_ + "\n"));  // the last step stays to be read
    text_.clear();
    phase_.reset();
    last_.reset();
    groups_.clear();
    wait_.clear();
  }

 protected:
  void line(const std::string& text) override {
    sink_(erasure() + text + "\n");
    draw();
  }

 private:
  static constexpr std::size_t kHistory = 400;

  // What clears the block; written together with what replaces it, so that nothing flickers.
  std::string erasure() {
    const std::string text = drawn_ > 0 ? fmt::format("\x1b[{}A\r\x1b[J", drawn_) : "";
    drawn_ = 0;
    return text;
  }

  void draw() {
    std::vector<std::string> lines;
    if (!text_.empty()) {
      lines.push_back(text_);
      static constexpr const char* kNames[] = {"accuracy", "tokens", "reward"};
      std::string curves;
      for (std::size_t i = 0; i < curves_.size(); ++i) {
        if (curves_[i].size() < 2 || std::isnan(curves_[i].back())) continue;
        const char* name = i == 2 && last_->type == "sft" ? "loss" : kNames[i];
        curves += fmt::format("{}{} {}", curves.empty() ? "" : "  ", name, sparkline(curves_[i], 20));
      }
      if (!curves.empty()) lines.push_back(curves);
    }
    if (phase_) {
      std::string now = phase_->phase;
      if (!phase_->stage.empty()) now = fmt::format("{} {}: {}", phase_->stage, phase_->step, phase_->phase);
      const double since = clock_.now() - phase_since_;
      if (since >= 1) now += ", " + human_seconds(since);
      if (!groups_.empty()) now += ", " + groups_;
      lines.push_back("▶ " + now);
    }
    if (!wait_.empty()) lines.push_back(wait_);

    const int width = std::max(width_(), 20);
    std::string block;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string shown = shortened(printable(lines[i], true), width - 1);  // a wrapped line would break the redraw
      block += (lines[i] == wait_ ? style_.yellow(shown) : shown) + "\n";
    }
    sink_(erasure() + block);
    drawn_ = lines.size();
  }

  Sink sink_;
  std::function<int()> width_;
  Style style_;
  const Clock& clock_;
  std::optional<PhaseLine> phase_;
  double phase_since_ = 0;
  std::optional<StepLine> last_;
  std::string text_, groups_, wait_;
  std::vector<std::vector<double>> curves_;
  std::size_t drawn_ = 0;
};

void write_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;  // a reader that went away must not end the run
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

std::unique_ptr<Progress> make_line_progress(Sink sink) { return std::make_unique<LineProgress>(std::move(sink)); }

std::unique_ptr<Progress> make_live_progress(Sink sink, std::function<int()> width, bool color, const Clock& clock) {
  return std::make_unique<LiveProgress>(std::move(sink), std::move(width), color, clock);
}

std::unique_ptr<Progress> make_progress() {
  const char* term = std::getenv("TERM");
  if (!is_terminal(STDERR_FILENO) || (term && std::string_view(term) == "dumb")) return make_line_progress(write_stderr);
  return make_live_progress(write_stderr, [] { return terminal_width(STDERR_FILENO); }, Style::of(STDERR_FILENO).color, Clock::system());
}

}  // namespace laconic::cli
