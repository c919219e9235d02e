#include "model/json_fields.h"

#include <cmath>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

namespace laconic::model {

Json parse_json(std::string_view text, const std::string& where) {
  std::vector<std::unordered_set<std::string>> keys;
  const auto check = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get_ref<const std::string&>()).second)
      throw Error(fmt::format("key {} appears twice in one object", shown(parsed)), where);
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& failure) {
    // The library's text starts with its own code: "[json.exception.…] ".
    std::string reason = failure.what();
    if (const auto end = reason.find("] "); end != std::string::npos) reason = reason.substr(end + 2);
    throw Error("is not valid JSON: " + reason, where, "compare its size with the published file; download it again when it was cut short");
  }
}

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= 80 ? text : text.substr(0, 77) + "...";
}

Fields::Fields(const Json& object, std::string where, std::string path)
    : object_(object), where_(std::move(where)), path_(std::move(path)) {
  if (!object_.is_object())
    throw Error(fmt::format("{} is {}; a JSON object is needed", path_.empty() ? "the file" : "`" + path_ + "`", shown(object_)), where_);
}

std::vector<std::int32_t> Fields::token_ids(const char* key, std::int64_t vocab_size) const {
  std::vector<std::int32_t> ids;
  if (!has(key)) return ids;
  const Json& value = at(key);
  for (const Json& id : value.is_array() ? value : Json::array({value})) {
    const Json one = {{key, id}};
    ids.push_back(static_cast<std::int32_t>(Fields(one, where_, path_).integer(key, 0, vocab_size - 1)));
  }
  return ids;
}

Error Fields::error(const char* key, const std::string& expected) const {
  const auto found = object_.find(key);
  return Error(found == object_.end() ? fmt::format("key `{}{}` is missing; {} is needed", path_, key, expected)
                                      : fmt::format("key `{}{}` is {}; {} is needed", path_, key, shown(*found), expected),
               where_);
}

bool Fields::holds(const char* key) const {
  asked_.insert(key);
  return object_.contains(key);
}

bool Fields::has(const char* key) const {
  asked_.insert(key);
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

const Json& Fields::at(const char* key) const {
  if (!has(key)) throw error(key, "a value");
  return *object_.find(key);
}

Fields Fields::object(const char* key) const {
  const Json& value = at(key);
  if (!value.is_object()) throw error(key, "an object");
  return Fields(value, where_, path_ + key + ".");
}

std::int64_t Fields::integer(const char* key, std::int64_t low, std::int64_t high) const {
  const std::string expected = fmt::format("an integer from {} to {}", low, high);
  const Json& value = has(key) ? at(key) : throw error(key, expected);
  if (!value.is_number_integer()) throw error(key, expected);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    throw error(key, expected);
  const auto number = value.get<std::int64_t>();
  if (number < low || number > high) throw error(key, expected);
  return number;
}

std::int64_t Fields::integer_or(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

double Fields::number(const char* key, double low, double high) const {
  const std::string expected = fmt::format("a number from {} to {}", low, high);
  if (!has(key) || !at(key).is_number()) throw error(key, expected);
  const double number = at(key).get<double>();
  if (!(number >= low && number <= high)) throw error(key, expected);
  return number;
}

double Fields::number_or(const char* key, double fallback, double low, double high) const {
  return has(key) ? number(key, low, high) : fallback;
}

bool Fields::boolean_or(const char* key, bool fallback) const {
  if (!has(key)) return fallback;
  if (!at(key).is_boolean()) throw error(key, "true or false");
  return at(key).get<bool>();
}

std::string Fields::text(const char* key) const {
  if (!has(key) || !at(key).is_string()) throw error(key, "a string");
  return at(key).get<std::string>();
}

std::string Fields::text_or(const char* key, const std::string& fallback) const {
  return has(key) ? text(key) : fallback;
}

}  // namespace laconic::model
