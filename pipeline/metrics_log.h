// metrics.jsonl: one JSON object a line, {"stage", "type", "step", "time", name: number, …}; the same
// numbers as TensorBoard events under STAGE/NAME. Steps count from 1 in both.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/file.h"

namespace laconic::pipeline {

class EventWriter;

struct MetricsLine {
  std::string stage, type;  // the stage's name; "sft", "rl" or "eval"
  int step = 0;
  double time = 0;          // unix seconds
  std::map<std::string, double> metrics;
};

std::string metrics_json(const MetricsLine& line);  // one line, without the newline; NaN becomes null

// The numbers of a JSON object; anything else in it is left out. Empty when it is none.
std::map<std::string, double> parse_metrics(const std::string& json);

class MetricsLog {
 public:
  // Opens for appending. A killed process may have left half a line: it is cut off.
  MetricsLog(const fs::path& file, const fs::path& tensorboard, double now);
  ~MetricsLog();
  void write(const MetricsLine& line);

 private:
  fs::path file_;
  std::unique_ptr<EventWriter> events_;
};

// Rewrites the file with the lines for which keep(stage, type, step) holds; the rest and half lines go.
using KeepLine = std::function<bool(const std::string& stage, const std::string& type, int step)>;
void cut_metrics(const fs::path& file, const KeepLine& keep);

}  // namespace laconic::pipeline
