// Trajectories as JSON, for every `--json`. An absent verdict, score or reward is null, never 0.
// docs/formats.md lists the fields.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "trajectory/query.h"
#include "trajectory/record.h"

namespace laconic::cli {

using Json = nlohmann::ordered_json;

Json sample_json(const trajectory::TrajectoryRow& row);
Json sample_json(const trajectory::Trajectory& sample, const std::string& text);
Json group_json(const trajectory::Group& group, const std::map<int, std::string>& texts);
Json step_json(const trajectory::StepSummary& step);

void print_json(const Json& value);  // on stdout; invalid UTF-8 becomes U+FFFD

}  // namespace laconic::cli
