#include <nlohmann/json.hpp>

#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {

using nlohmann::json;

const json* column(const json& row, const char* name) {
  const auto found = row.find(name);
  return found == row.end() || found->is_null() ? nullptr : &*found;
}

std::string text_column(const json& row, const char* name) {
  const json* value = column(row, name);
  if (!value) return {};
  if (!value->is_string()) throw BadRow{std::string("`") + name + "` is a JSON " + value->type_name() + ", not text"};
  return value->get<std::string>();
}

json unpacked(const json& value, const char* what) {
  if (!value.is_string()) return value;
  json inner = json::parse(value.get_ref<const std::string&>(), nullptr, false);
  if (inner.is_discarded()) throw BadRow{std::string("`") + what + "` is text that is not valid JSON"};
  return inner;
}

std::string lines_joined(const json& value, const char* what) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) throw BadRow{std::string(what) + " is a JSON " + value.type_name() + ", neither text nor a list of lines"};
  std::string text;
  for (const json& line : value) {
    if (!line.is_string()) throw BadRow{std::string(what) + " is a list with a JSON " + line.type_name() + " in it, not of lines"};
    text += line.get_ref<const std::string&>();
    text += '\n';
  }
  return text;
}

}  // namespace laconic::verifiers::code
