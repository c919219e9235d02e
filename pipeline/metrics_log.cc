#include "pipeline/metrics_log.h"


#include <nlohmann/json.hpp>

#include "pipeline/tensorboard.h"

namespace laconic::pipeline {

std::string metrics_json(const MetricsLine& line) {
  nlohmann::ordered_json json = {{"stage", line.stage}, {"type", line.type}, {"step", line.step}, {"time", line.time}};
  for (const auto& [name, value] : line.metrics) json[name] = value;
  return json.dump();
}

std::map<std::string, double> parse_metrics(const std::string& text) {
  std::map<std::string, double> metrics;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_object())
    for (const auto& [name, value] : json.items())
      if (value.is_number()) metrics[name] = value.get<double>();
  return metrics;
}

MetricsLog::MetricsLog(const fs::path& file, const fs::path& tensorboard, double now) : file_(file) {
  cut_metrics(file, [](const auto&...) { return true; });
  fs::create_directories(tensorboard);
  events_ = std::make_unique<EventWriter>(tensorboard, now);
}

MetricsLog::~MetricsLog() = default;

void MetricsLog::write(const MetricsLine& line) {
  append_file(file_, metrics_json(line) + "\n");
  std::map<std::string, double> tagged;
  for (const auto& [name, value] : line.metrics) tagged[line.stage + "/" + (line.type == "eval" ? "eval/" : "") + name] = value;
  events_->write(line.time, line.step, tagged);
}

void cut_metrics(const fs::path& file, const KeepLine& keep) {
  if (!fs::exists(file)) return;
  const std::string text = read_file(file);
  std::string kept;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) break;  // half a line
    const auto json = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(start), text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (json.is_object() && keep(json.value("stage", ""), json.value("type", ""), json.value("step", 0))) kept.append(text, start, end + 1 - start);
    start = end + 1;
  }
  if (kept != text) write_file_durably(file, kept);
}

}  // namespace laconic::pipeline
