#include "trajectory/verdict_metrics.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::trajectory {

using Json = nlohmann::ordered_json;

std::string encode_metrics(const VerdictMetrics& metrics) {
  Json object = Json::object();
  for (const auto& [name, value] : metrics) object[name] = value;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

VerdictMetrics decode_metrics(const std::string& text, const std::string& where) {
  if (text.empty()) return {};
  const Json object = Json::parse(text, nullptr, false);
  VerdictMetrics metrics;
  bool sound = object.is_object();
  if (sound)
    for (const auto& [name, value] : object.items()) {
      sound = sound && value.is_number();
      if (sound) metrics.emplace_back(name, value.get<double>());
    }
  if (!sound) throw Error("the numbers beside a verdict are no JSON object of numbers: `" + text.substr(0, 80) + "`", where);
  return metrics;
}

}  // namespace laconic::trajectory
