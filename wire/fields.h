// Reading a message's JSON with every field checked: a missing, mistyped or out-of-range field is
// an Error naming it. The JSON library stays behind this seam.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace laconic::wire {

class Fields {
 public:
  // `where` opens every error: "lease", "configure".
  Fields(const std::string& json, std::string where);

  bool has(const std::string& name) const;  // present and not null

  std::string text(const std::string& name) const;
  bool flag(const std::string& name) const;
  double number(const std::string& name) const;  // finite
  std::int64_t integer(const std::string& name, std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  std::uint64_t natural64(const std::string& name) const;  // the whole u64 range
  std::int32_t int32(const std::string& name, std::int32_t min = std::numeric_limits<std::int32_t>::min()) const;

  std::string json(const std::string& name) const;            // any value, as JSON text
  Fields object(const std::string& name) const;
  std::vector<Fields> objects(const std::string& name) const;  // a list of objects
  std::vector<std::int64_t> integers(const std::string& name) const;
  std::vector<std::pair<std::string, double>> numbers(const std::string& name) const;  // an object of finite numbers

 private:
  struct Node;
  Fields(std::shared_ptr<const Node> node, std::string where);

  std::shared_ptr<const Node> node_;
  std::string where_;
};

}  // namespace laconic::wire
