#include "model/chat.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/chat_encode.h"
#include "model/chat_layouts.h"
#include "model/chat_source.h"

namespace laconic::model {
namespace {

constexpr std::string_view kThinkOpen = "<think>", kThinkClose = "</think>";

struct NativeSource : ChatTemplate::Source {
  explicit NativeSource(const ChatLayout& l) : layout(l) {
    name = l.name;
    required = l.required;
    generation = l.generation;
    thinks = l.thinks;
  }
  MarkedText text(const ChatTokens& tokens, std::span<const ChatMessage> messages, const ChatOptions& options) const override {
    return write_layout(layout, tokens, messages, options);
  }
  const ChatLayout& layout;
};

void check_tokens(const Tokenizer& tokenizer, const std::string& required) {
  for (std::size_t begin = 0; begin < required.size();) {
    const std::size_t end = std::min(required.find(' ', begin), required.size());
    const std::string token = required.substr(begin, end - begin);
    if (tokenizer.id_of(token) < 0)
      throw Error(fmt::format("the tokenizer has no token `{}`, which the chat template needs", token), "", "choose the template `plain`");
    begin = end + 1;
  }
}

std::string text_of(const Tokenizer& tokenizer, std::int32_t id) { return id < 0 ? std::string() : tokenizer.decode_bytes(std::span(&id, 1)); }

std::string name_for(const ModelCard& card) {
  if (card.config.model_type == "deepseek_v32") return "deepseek-v3.2";
  const Tokenizer tokenizer = Tokenizer::parse(card.tokenizer_json, "tokenizer.json");
  return tokenizer.id_of("<｜User｜>") >= 0 && tokenizer.id_of(kThinkOpen) >= 0 ? "deepseek-r1" : "plain";
}

}  // namespace

std::string_view name_of(ChatRole role) {
  switch (role) {
    case ChatRole::kSystem: return "system";
    case ChatRole::kUser: return "user";
    case ChatRole::kAssistant: return "assistant";
  }
  return {};
}

std::vector<std::string> chat_template_names() {
  std::vector<std::string> names = {"auto"};
  for (const ChatLayout& layout : chat_layouts()) names.emplace_back(layout.name);
  return names;
}

ChatTemplate ChatTemplate::named(std::string_view name) {
  for (const ChatLayout& layout : chat_layouts())
    if (layout.name == name) return ChatTemplate(std::make_shared<NativeSource>(layout));
  std::vector<std::string> names = chat_template_names();
  names.erase(names.begin());  // auto needs a checkpoint
  const std::string nearest = nearest_name(std::string(name), names);
  throw Error(fmt::format("unknown chat template `{}`", name), "",
              nearest.empty() ? fmt::format("one of: auto, {}", fmt::join(names, ", ")) : "use `" + nearest + "`");
}

ChatTemplate ChatTemplate::choose(const ModelCard& card, std::string_view name) {
  return named(name == "auto" ? name_for(card) : std::string(name));
}

const std::string& ChatTemplate::name() const { return source_->name; }
bool ChatTemplate::thinks() const { return source_->thinks; }

bool ChatTemplate::opens_thinking() const {
  const std::size_t open = source_->generation.rfind(kThinkOpen);
  return open != std::string::npos && source_->generation.find(kThinkClose, open) == std::string::npos;
}

MarkedText ChatTemplate::text(const ChatTokens& tokens, std::span<const ChatMessage> messages, ChatOptions options) const {
  if (messages.empty() || messages.back().role != ChatRole::kUser)
    throw Error("a prompt ends with a message of the user; this one does not");
  return source_->text(tokens, messages, options);
}

RenderedPrompt ChatTemplate::render(const Tokenizer& tokenizer, const Config& config, std::span<const ChatMessage> messages, ChatOptions options) const {
  check_tokens(tokenizer, source_->required);
  const std::string bos = text_of(tokenizer, config.bos_token_id);
  const std::string eos = config.eos_token_ids.empty() ? std::string() : text_of(tokenizer, config.eos_token_ids.front());
  return encode_marked(tokenizer, text({bos, eos, !bos.empty()}, messages, options));
}

RenderedPrompt render_prompt(const Tokenizer& tokenizer, const ChatTemplate& chat, const Config& config, std::string_view user,
                             std::string_view system, ChatOptions options) {
  std::vector<ChatMessage> messages;
  if (!system.empty()) messages.push_back({ChatRole::kSystem, std::string(system)});
  messages.push_back({ChatRole::kUser, std::string(user)});
  return chat.render(tokenizer, config, messages, options);
}

std::int32_t think_end_id(const Tokenizer& tokenizer) { return tokenizer.id_of(kThinkClose); }

}  // namespace laconic::model
