#include "wire/fields.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::wire {

using Json = nlohmann::json;

struct Fields::Node {
  Json value;
  const Json& at(const std::string& name, const std::string& where) const {
    const auto found = value.find(name);
    if (found == value.end()) throw Error("field `" + name + "` is missing", where);
    return *found;
  }
};

namespace {

[[noreturn]] void wrong(const std::string& name, const Json& value, const std::string& wanted, const std::string& where) {
  throw Error("field `" + name + "` is " + value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60) + ", not " + wanted, where);
}

}  // namespace

Fields::Fields(const std::string& json, std::string where) : where_(std::move(where)) {
  Json value = Json::parse(json, nullptr, false);
  if (!value.is_object()) throw Error("not a JSON object: " + json.substr(0, 60), where_);
  node_ = std::make_shared<const Node>(Node{std::move(value)});
}

Fields::Fields(std::shared_ptr<const Node> node, std::string where) : node_(std::move(node)), where_(std::move(where)) {}

bool Fields::has(const std::string& name) const {
  const auto found = node_->value.find(name);
  return found != node_->value.end() && !found->is_null();
}

std::string Fields::text(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_string()) wrong(name, value, "a string", where_);
  return value.get<std::string>();
}

bool Fields::flag(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_boolean()) wrong(name, value, "true or false", where_);
  return value.get<bool>();
}

double Fields::number(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_number() || !std::isfinite(value.get<double>())) wrong(name, value, "a finite number", where_);
  return value.get<double>();
}

std::int64_t Fields::integer(const std::string& name, std::int64_t min, std::int64_t max) const {
  const Json& value = node_->at(name, where_);
  const bool too_large = value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
  if (!value.is_number_integer() || too_large || value.get<std::int64_t>() < min || value.get<std::int64_t>() > max)
    wrong(name, value, "an integer from " + std::to_string(min) + " to " + std::to_string(max), where_);
  return value.get<std::int64_t>();
}

std::uint64_t Fields::natural64(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_number_unsigned()) wrong(name, value, "a natural number", where_);
  return value.get<std::uint64_t>();
}

std::int32_t Fields::int32(const std::string& name, std::int32_t min) const {
  return static_cast<std::int32_t>(integer(name, min, std::numeric_limits<std::int32_t>::max()));
}

std::string Fields::json(const std::string& name) const { return node_->at(name, where_).dump(); }

Fields Fields::object(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_object()) wrong(name, value, "an object", where_);
  return Fields(std::make_shared<const Node>(Node{value}), where_ + "." + name);
}

std::vector<Fields> Fields::objects(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_array()) wrong(name, value, "a list", where_);
  std::vector<Fields> list;
  for (const Json& item : value) {
    if (!item.is_object()) wrong(name, item, "a list of objects", where_);
    list.push_back(Fields(std::make_shared<const Node>(Node{item}), where_ + "." + name + "[" + std::to_string(list.size()) + "]"));
  }
  return list;
}

std::vector<std::int64_t> Fields::integers(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_array()) wrong(name, value, "a list", where_);
  std::vector<std::int64_t> list;
  for (const Json& item : value) {
    if (!item.is_number_integer()) wrong(name, item, "a list of integers", where_);
    list.push_back(item.get<std::int64_t>());
  }
  return list;
}

std::vector<std::pair<std::string, double>> Fields::numbers(const std::string& name) const {
  const Json& value = node_->at(name, where_);
  if (!value.is_object()) wrong(name, value, "an object of numbers", where_);
  std::vector<std::pair<std::string, double>> list;
  for (const auto& [key, item] : value.items()) {
    if (!item.is_number() || !std::isfinite(item.get<double>())) wrong(name + "." + key, item, "a finite number", where_);
    list.emplace_back(key, item.get<double>());
  }
  return list;
}

}  // namespace laconic::wire
