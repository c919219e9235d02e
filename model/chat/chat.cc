#include "model/chat/chat.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/chat/encode.h"
#include "model/chat/layouts.h"
#include "model/chat/source.h"
#include "model/jinja/template.h"
#include "model/tokenizer/white_space.h"

namespace laconic::model {
namespace {

constexpr std::string_view kThinkOpen = "<think>", kThinkClose = "</think>";

bool opens(std::string_view prompt) { return trimmed_back(prompt).ends_with(kThinkOpen); }

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

// Conversations in which templates differ: with and without a system text, of several turns, with
// thinking in an answer, with white space at the ends.
const std::vector<std::vector<ChatMessage>>& probes() {
  using enum ChatRole;
  static const std::vector<std::vector<ChatMessage>> kProbes = {
      {{kUser, "What is 2 + 2?"}},
      {{kSystem, "Be brief."}, {kUser, "What is 2 + 2?"}},
      {{kUser, "What is 2 + 2?"}, {kAssistant, "4"}, {kUser, "And 3 + 3?"}},
      {{kSystem, "Be brief."}, {kUser, "2 + 2?"}, {kAssistant, "<think>\nEasy.\n</think>\n\n4"}, {kUser, "3 + 3?"}, {kAssistant, "6"}, {kUser, "4 + 4?"}},
      {{kSystem, " Be brief.\n"}, {kUser, "\n 2 + 2? "}, {kAssistant, " 4\n"}, {kUser, " 3 + 3?\n\n"}},
  };
  return kProbes;
}

// A checkpoint's own template, evaluated.
struct JinjaSource : ChatTemplate::Source {
  explicit JinjaSource(const std::string& source) : jinja(source) {
    name = "checkpoint";
    // How it ends after a plain question; an Error here is the reason why the template cannot be used.
    generation = text({"<bos>", "<eos>", true}, probes()[0], {}).bytes;
    thinks = opens(generation) || source.find(kThinkClose) != std::string::npos;
  }

  MarkedText text(const ChatTokens& tokens, std::span<const ChatMessage> messages, const ChatOptions& options) const override {
    std::vector<jinja::Value> list;
    for (const ChatMessage& message : messages) {
      const TextOrigin origin = message.role == ChatRole::kUser ? TextOrigin::kUser : TextOrigin::kMessage;
      list.emplace_back(std::vector<std::pair<jinja::Value, jinja::Value>>{{"role", name_of(message.role)}, {"content", MarkedText(message.content, origin)}});
    }
    jinja::Variables variables = {{"messages", std::move(list)}, {"tools", jinja::None{}}, {"documents", jinja::None{}}, {"add_generation_prompt", true}};
    if (!tokens.bos.empty()) variables.emplace_back("bos_token", std::string_view(tokens.bos));
    if (!tokens.eos.empty()) variables.emplace_back("eos_token", std::string_view(tokens.eos));
    // The two names that hybrid models' templates ask for; undefined is their own default.
    if (!options.thinking) {
      variables.emplace_back("enable_thinking", false);
      variables.emplace_back("thinking", false);
    }
    MarkedText text = jinja.render(variables);
    if (!options.thinking && opens(text.bytes)) {
      text = text.substr(0, trimmed_back(text.bytes).size());
      text.append("\n\n</think>\n\n");
    }
    return text;
  }

  jinja::Template jinja;
};

// What the source writes for the probes; nullopt where it refuses one.
std::vector<std::optional<std::string>> answers_of(const ChatTemplate::Source& source, const ChatTokens& tokens) {
  std::vector<std::optional<std::string>> answers;
  for (const bool thinking : {true, false})
    for (const auto& messages : probes()) {
      try {
        answers.emplace_back(source.text(tokens, messages, {.thinking = thinking}).bytes);
      } catch (const Error&) {
        answers.emplace_back(std::nullopt);
      }
    }
  return answers;
}

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

namespace {

std::shared_ptr<ChatTemplate::Source> native(std::string_view name) {
  for (const ChatLayout& layout : chat_layouts())
    if (layout.name == name) return std::make_shared<NativeSource>(layout);
  std::vector<std::string> names = chat_template_names();
  names.erase(names.begin());  // auto needs a checkpoint
  const std::string nearest = nearest_name(std::string(name), names);
  throw Error(fmt::format("unknown chat template `{}`", name), "",
              nearest.empty() ? fmt::format("one of: auto, {}", fmt::join(names, ", ")) : "use `" + nearest + "`");
}

// The native template that writes the same as `jinja` for every probe, else `jinja` itself.
std::shared_ptr<ChatTemplate::Source> source_of(const ModelCard& card) {
  auto jinja = std::make_shared<JinjaSource>(card.chat_template);
  const ChatTokens tokens{card.bos_token.empty() ? "<bos>" : card.bos_token, card.eos_token.empty() ? "<|endoftext|>" : card.eos_token, true};
  const auto answers = answers_of(*jinja, tokens);
  for (const ChatLayout& layout : chat_layouts()) {
    auto candidate = std::make_shared<NativeSource>(layout);
    if (answers_of(*candidate, tokens) != answers) continue;
    candidate->required.clear();  // the checkpoint says so
    return candidate;
  }
  return jinja;
}

}  // namespace

ChatTemplate ChatTemplate::named(std::string_view name) { return ChatTemplate(native(name)); }

ChatTemplate ChatTemplate::evaluated(const std::string& jinja) { return ChatTemplate(std::make_shared<JinjaSource>(jinja)); }

ChatTemplate ChatTemplate::choose(const ModelCard& card, std::string_view name) {
  std::shared_ptr<Source> source = name != "auto" ? native(name) : card.chat_template.empty() ? native(name_for(card)) : source_of(card);
  source->bos_token = card.bos_token;
  source->eos_token = card.eos_token;
  source->add_bos_token = card.add_bos_token;
  return ChatTemplate(std::move(source));
}

const std::string& ChatTemplate::name() const { return source_->name; }
bool ChatTemplate::thinks() const { return source_->thinks; }

bool ChatTemplate::opens_thinking() const { return opens(source_->generation); }

MarkedText ChatTemplate::text(const ChatTokens& tokens, std::span<const ChatMessage> messages, ChatOptions options) const {
  if (messages.empty() || messages.back().role != ChatRole::kUser)
    throw Error("a prompt ends with a message of the user; this one does not");
  return source_->text(tokens, messages, options);
}

RenderedPrompt ChatTemplate::render(const Tokenizer& tokenizer, const Config& config, std::span<const ChatMessage> messages, ChatOptions options) const {
  check_tokens(tokenizer, source_->required);
  ChatTokens tokens{source_->bos_token, source_->eos_token};
  if (tokens.bos.empty()) tokens.bos = text_of(tokenizer, config.bos_token_id);
  if (tokens.eos.empty() && !config.eos_token_ids.empty()) tokens.eos = text_of(tokenizer, config.eos_token_ids.front());
  // DeepSeek's tokenizers put it there, though tokenizer.json does not say so.
  tokens.begins_with_bos = source_->add_bos_token.value_or(!tokenizer.prefix_ids().empty() || config.model_type.starts_with("deepseek"));
  return encode_marked(tokenizer, text(tokens, messages, options));
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
