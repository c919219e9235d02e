#include "cli/group_view.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/table.h"
#include "learner/objective/objective.h"
#include "learner/objective/reward.h"

namespace laconic::cli {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

std::string why_not_in_loss(const Trajectory& sample, bool group_has_signal) {
  if (sample.in_loss) return "";
  if (!sample.judged) return "not judged";
  if (!is_counted(sample.judgement.outcome)) return "absent";
  if (!group_has_signal) return "no signal";
  if (sample.stop == StopReason::kLength) return "cut";
  return "not learned";
}

namespace {

std::string badge(const Group& group, const Style& style) {
  int counted = 0, correct = 0, judged = 0;
  for (const Trajectory& sample : group.samples) {
    judged += sample.judged;
    counted += learner::unshaped_score(sample).has_value();
    correct += learner::is_correct(sample);
  }
  const int samples = static_cast<int>(group.samples.size());
  const std::string absent = counted < judged ? fmt::format(", {} absent", judged - counted) : "";
  if (judged < samples) return style.yellow(fmt::format("[{} of {} judged]", judged, samples));
  if (learner::has_signal(group)) return style.green(fmt::format("[signal: {} of {} correct{}]", correct, counted, absent));
  const char* why = counted < 2 ? "fewer than two verdicts" : correct == counted ? "all correct" : correct == 0 ? "all wrong" : "equal scores";
  return style.yellow(fmt::format("[NO SIGNAL: {}{}]", why, absent));
}

}  // namespace

std::string group_view(const Group& group, const std::map<int, std::string>& texts, int width, const Style& style) {
  const bool signal = learner::has_signal(group);
  std::string out = fmt::format("{}  {}  weights v{}  {}\n", style.bold(to_text(group.ticket)), printable(group.problem_id, true),
                                group.weight_version, badge(group, style));
  const auto fit = [&](const std::string& text) { return width > 0 ? shortened(text, width) : text; };
  out += fit("prompt  " + printable(group.prompt, true)) + "\n";
  out += fit("row     " + printable(group.columns, true)) + "\n\n";

  std::vector<const Trajectory*> order;
  double top = 0;
  for (const Trajectory& sample : group.samples) {
    order.push_back(&sample);
    top = std::max(top, sample.reward);
  }
  const auto rank = [](const Trajectory* s) { return learner::unshaped_score(*s) ? s->reward : -INFINITY; };
  std::stable_sort(order.begin(), order.end(), [&](const Trajectory* a, const Trajectory* b) { return rank(a) > rank(b); });

  Table table({{"sample", true}, {"", false}, {"reward", true}, {"score", true}, {"length", true}, {"advantage", true}, {"tokens", true},
               {"stop"}, {"outcome"}, {"loss"}, {"answer"}, {"response", false, true}});
  for (const Trajectory* sample : order) {
    const auto score = learner::unshaped_score(*sample);
    const auto text = texts.find(sample->ticket.sample);
    table.add({std::to_string(sample->ticket.sample),
               score ? bar(top > 0 ? sample->reward / top : 0, 8) : std::string(8, ' '),
               score ? fixed(sample->reward, 3) : "–",
               score ? fixed(*score, 2) : "–",
               score ? signed_fixed(sample->reward_length, 3) : "–",
               sample->in_loss ? signed_fixed(sample->advantage, 3) : "–",
               std::to_string(sample->response_length()),
               sample->stop == StopReason::kEndToken ? "end" : "cut",
               sample->judged ? std::string(name_of(sample->judgement.outcome)) : "–",
               sample->in_loss ? "yes" : why_not_in_loss(*sample, signal),
               shortened(printable(sample->judgement.extracted, true), 16),
               text == texts.end() ? "" : printable(text->second, true)});
  }
  return out + table.text(width, style);
}

}  // namespace laconic::cli
