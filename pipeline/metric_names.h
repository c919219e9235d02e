// The numbers of metrics.jsonl and TensorBoard: what each is, and what TRL and verl call it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::pipeline {

struct MetricName {
  std::string_view name;        // "outcome/*" stands for a family
  std::string_view trl, verl;   // empty: they have none
  std::string_view meaning;
};

const std::vector<MetricName>& metric_names();
bool is_documented_metric(std::string_view name);
std::string metric_docs_markdown();  // the section of docs/recipes.md

}  // namespace laconic::pipeline
