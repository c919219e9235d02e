#include "cli/progress.h"

#include <gmock/gmock.h>

#include "cli/terminal.h"
#include "pipeline/evaluation.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

pipeline::StepLine rl_step(int step, double reward) {
  return {.stage = "rl", .type = "rl", .step = step, .steps = 40,
          .metrics = {{"reward", reward}, {"accuracy", reward}, {"completions/mean_length", 90.0 - step}, {"frac_groups_no_signal", 0.25},
                      {"kl", 0.0031}, {"entropy", 0.82}, {"grad_norm", 0.4}, {"num_tokens", 20000}},
          .seconds = 4, .eta_seconds = 112};
}

TEST(StepText, SaysWhatThereIsAndNothingElse) {
  const auto first = rl_step(11, 0.375), second = rl_step(12, 0.5);
  EXPECT_EQ(step_text(second, &first),
            "rl 12/40  reward 0.500 (+0.125)  accuracy 50.0 %  tokens 78.0  signal 75 %  kl 0.0031  entropy 0.820  gnorm 0.4  tok/s 5000  4.0 s  eta 1 min 52 s");
  const pipeline::StepLine sft{.stage = "sft", .type = "sft", .step = 3, .steps = 3, .metrics = {{"loss", 1.25}}, .seconds = 0.5, .eta_seconds = 0};
  EXPECT_EQ(step_text(sft, nullptr), "sft 3/3  loss 1.2500  0.5 s");
}

TEST(EvalText, AbsentIsNotZero) {
  pipeline::EvalResult eval;
  eval.stage = "rl";
  eval.step = 40;
  eval.problems = 200;
  eval.samples = 1;
  eval.counted = 199;
  eval.absent = 1;
  eval.accuracy = 0.81;
  eval.accuracy_low = 0.75;
  eval.accuracy_high = 0.86;
  eval.mean_tokens = 60.5;
  eval.tokens_per_correct = 74.7;
  EXPECT_EQ(eval_text(eval), "evaluation after rl 40: accuracy 81.0 % [75.0, 86.0]  tokens 60.5  per correct answer 74.7  cut 0.0 %  (200 problems, 1 samples without a verdict)");
  eval.counted = 0;
  EXPECT_THAT(eval_text(eval), HasSubstr("no verdict"));
}

TEST(LineProgress, OneLineAnEventAndNoCarriageReturns) {
  std::string out;
  const auto progress = make_line_progress([&](std::string_view text) { out += text; });
  EXPECT_FALSE(progress->started());
  progress->run_started("runs/a-1", "plan: two stages\n", "");
  EXPECT_TRUE(progress->started());
  progress->step_finished(rl_step(1, 0.25));
  progress->step_finished(rl_step(2, 0.5));
  progress->warning("rollout-0 restarted\x1b[2J");
  for (double t : {3.0, 6.0, 9.0, 12.0, 15.0}) progress->waiting({.what = "group s1/train/2/0/3", .whom = "rollout-0", .seconds = t, .others = 2});
  EXPECT_THAT(out, Not(HasSubstr("\r")));
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(out.substr(0, out.find('\n')), "plan: two stages");
  EXPECT_THAT(out, HasSubstr("\nrl 1/40  reward 0.250  accuracy"));
  EXPECT_THAT(out, HasSubstr("\nrl 2/40  reward 0.500 (+0.250)"));
  EXPECT_THAT(out, HasSubstr("\nwarning: rollout-0 restarted␛[2J\n"));
  EXPECT_THAT(out, HasSubstr("waiting for group s1/train/2/0/3 from rollout-0 for 3.0 s (and for 2 more)\n"));
  EXPECT_THAT(out, HasSubstr("for 6.0 s"));
  EXPECT_THAT(out, Not(HasSubstr("for 9.0 s")));  // a long wait is told ever more rarely
  EXPECT_THAT(out, HasSubstr("for 12.0 s"));
}

// A terminal small enough to reason about: applies what LiveProgress writes.
struct Screen {
  std::vector<std::string> lines{""};
  void write(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines.emplace_back();
      else if (text[i] == '\r') lines.back().clear();
      else if (text[i] == '\x1b') {
        std::size_t end = i + 1;
        while (!std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
        if (text[end] == 'A')
          for (int n = std::stoi(std::string(text.substr(i + 2, end - i - 2))); n > 0; --n) lines.pop_back();
        i = end;
      } else {
        lines.back() += text[i];
      }
    }
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }
};

TEST(LiveProgress, RedrawsItsBlockInPlaceAndKeepsWhatStays) {
  Screen screen;
  ManualClock clock;
  const auto progress = make_live_progress([&](std::string_view text) { screen.write(text); }, [] { return 200; }, false, clock);
  progress->run_started("runs/a-1", "the plan", "");
  for (int step = 1; step <= 5; ++step) {
    progress->phase_started({.stage = "rl", .step = step, .phase = "rollout"});
    clock.advance(2);
    progress->groups_done("rl", step, 3, 5, 24);
    progress->waiting({.what = "group s1/train/2/0/3", .whom = "rollout-0", .seconds = 4});
    EXPECT_THAT(screen.text(), HasSubstr("▶ rl " + std::to_string(step) + ": rollout, 2.0 s, 5 of 24 groups sampled, 3 judged\n"));
    EXPECT_THAT(screen.text(), HasSubstr("waiting for group s1/train/2/0/3 from rollout-0 for 4.0 s\n"));
    progress->phase_finished({.stage = "rl", .step = step, .phase = "rollout", .seconds = 2});
    EXPECT_THAT(screen.text(), Not(HasSubstr("waiting")));
    progress->step_finished(rl_step(step, 0.1 * step));
    if (step == 2) progress->note("checkpoint rl-000002 written");
  }
  EXPECT_THAT(screen.text(), HasSubstr("\ncheckpoint rl-000002 written\n"));
  EXPECT_THAT(screen.text(), HasSubstr("\nrl 5/40  reward 0.500"));
  EXPECT_THAT(screen.text(), Not(HasSubstr("rl 4/40")));  // one block, not a scroll
  EXPECT_THAT(screen.text(), HasSubstr("accuracy ▁▃▅▇█  tokens █▇▅▃▁  reward ▁▃▅▇█\n"));
  progress->close();
  EXPECT_THAT(screen.text(), HasSubstr("\nrl 5/40  reward 0.500"));
  EXPECT_EQ(screen.lines.back(), "");
}

TEST(LiveProgress, TheEndOfAStageStaysWhenTheNextBegins) {
  Screen screen;
  ManualClock clock;
  const auto progress = make_live_progress([&](std::string_view text) { screen.write(text); }, [] { return 200; }, false, clock);
  for (int step : {1, 2}) progress->step_finished({.stage = "sft", .type = "sft", .step = step, .steps = 2, .metrics = {{"loss", 3.0 - step}}, .seconds = 1});
  progress->step_finished(rl_step(1, 0.5));
  EXPECT_THAT(screen.text(), testing::StartsWith("sft 2/2  loss 1.0000  1.0 s\nrl 1/40  reward 0.500  accuracy"));
}

TEST(LiveProgress, NoLineIsWiderThanTheTerminal) {
  Screen screen;
  ManualClock clock;
  const auto progress = make_live_progress([&](std::string_view text) { screen.write(text); }, [] { return 40; }, false, clock);
  progress->step_finished(rl_step(1, 0.5));
  progress->waiting({.what = "group s1/train/2/0/3 with a long name", .whom = "rollout-0", .seconds = 4});
  for (const std::string& line : screen.lines) EXPECT_LT(display_width(line), 40);
}

}  // namespace
}  // namespace laconic::cli
