#include <nlohmann/json.hpp>

#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {

using nlohmann::json;

namespace {

// The library's own builder, but for integers that no 64-bit type holds: it would make doubles of them.
class ExactBuilder : public nlohmann::detail::json_sax_dom_parser<json> {
 public:
  explicit ExactBuilder(json& root) : json_sax_dom_parser(root, false) {}
  bool number_float(double value, const std::string& raw) {
    if (raw.find_first_of(".eE") != std::string::npos) return json_sax_dom_parser::number_float(value, raw);
    json::binary_t digits({raw.begin(), raw.end()});
    return binary(digits);
  }
};

}  // namespace

json parse_exact(std::string_view text) {
  json root;
  ExactBuilder builder(root);
  return json::sax_parse(text.begin(), text.end(), &builder) ? root : json(json::value_t::discarded);
}

std::string dump_exact(const json& value) {
  if (value.is_binary()) return {value.get_binary().begin(), value.get_binary().end()};
  if (!value.is_structured()) return value.dump();
  std::string out(1, value.is_array() ? '[' : '{');
  for (const auto& [key, item] : value.items()) {
    if (out.size() > 1) out += ',';
    if (value.is_object()) out += json(key).dump() + ":";
    out += dump_exact(item);
  }
  return out += value.is_array() ? ']' : '}';
}

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
  json inner = parse_exact(value.get_ref<const std::string&>());
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
