#include "cli/messages.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::cli {
namespace {

using Json = nlohmann::json;

model::ChatRole role_named(const std::string& name, const std::string& where) {
  constexpr model::ChatRole kRoles[] = {model::ChatRole::kSystem, model::ChatRole::kUser, model::ChatRole::kAssistant};
  for (const model::ChatRole role : kRoles)
    if (model::name_of(role) == name) return role;
  throw Error("the role is `" + name + "`", where, "it is one of: system, user, assistant");
}

const std::string& text_of(const Json& message, const char* field, const std::string& where) {
  const auto found = message.is_object() ? message.find(field) : message.end();
  if (!message.is_object() || found == message.end() || !found->is_string())
    throw Error(fmt::format("a message has no text `{}`", field), where, R"(it looks like {"role": "user", "content": "…"})");
  return found->get_ref<const std::string&>();
}

}  // namespace

std::vector<model::ChatMessage> read_messages(const fs::path& file) {
  const Json json = Json::parse(read_file(file), nullptr, false);
  if (json.is_discarded()) throw Error("is not valid JSON", file.string(), R"(give a list of {"role", "content"})");
  const Json& list = json.is_object() && json.contains("messages") ? json["messages"] : json;
  if (!list.is_array() || list.empty()) throw Error("holds no list of messages", file.string(), R"(give a list of {"role", "content"})");
  std::vector<model::ChatMessage> messages;
  for (const Json& message : list) {
    const std::string where = fmt::format("{}, message {}", file.string(), messages.size() + 1);
    messages.push_back({role_named(text_of(message, "role", where), where), text_of(message, "content", where)});
  }
  return messages;
}

}  // namespace laconic::cli
