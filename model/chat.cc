#include "model/chat.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::model {
namespace {

constexpr std::array kTemplates = {ChatTemplate::kDeepSeekR1, ChatTemplate::kPlain};

class PromptBuilder {
 public:
  explicit PromptBuilder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void id(std::int32_t id) { append(false, {id}); }
  void token(const char* name) {
    const std::int32_t id = tokenizer_.id_of(name);
    if (id < 0) throw Error(fmt::format("the tokenizer has no token `{}`, which the chat template needs", name), "", "choose the template `plain`");
    append(false, {id});
  }
  void literal(std::string_view text) { append(false, tokenizer_.encode_plain(text)); }
  void user(std::string_view text) { append(true, tokenizer_.encode_plain(text)); }
  RenderedPrompt take() { return std::move(prompt_); }

 private:
  void append(bool user, const std::vector<std::int32_t>& ids) {
    if (ids.empty()) return;
    if (prompt_.pieces.empty() || prompt_.pieces.back().user != user)
      prompt_.pieces.push_back({user, static_cast<int>(prompt_.tokens.size()), 0});
    prompt_.pieces.back().length += static_cast<int>(ids.size());
    prompt_.tokens.insert(prompt_.tokens.end(), ids.begin(), ids.end());
  }

  const Tokenizer& tokenizer_;
  RenderedPrompt prompt_;
};

}  // namespace

std::string_view name_of(ChatTemplate chat) { return chat == ChatTemplate::kDeepSeekR1 ? "deepseek-r1" : "plain"; }

ChatTemplate chat_template_named(std::string_view name) {
  std::vector<std::string> names;
  for (const ChatTemplate chat : kTemplates) {
    if (name_of(chat) == name) return chat;
    names.emplace_back(name_of(chat));
  }
  const std::string nearest = nearest_name(std::string(name), names);
  throw Error(fmt::format("unknown chat template `{}`", name), "", fmt::format("use `{}`", nearest.empty() ? names[0] + "` or `" + names[1] : nearest));
}

RenderedPrompt render_prompt(const Tokenizer& tokenizer, ChatTemplate chat, const Config& config, std::string_view user, std::string_view system) {
  PromptBuilder prompt(tokenizer);
  if (config.bos_token_id >= 0) prompt.id(config.bos_token_id);
  prompt.literal(system);
  if (chat == ChatTemplate::kDeepSeekR1) prompt.token("<｜User｜>");
  prompt.user(user);
  if (chat == ChatTemplate::kDeepSeekR1) {
    prompt.token("<｜Assistant｜>");
    prompt.token("<think>");
    prompt.literal("\n");
  }
  return prompt.take();
}

std::int32_t think_end_id(const Tokenizer& tokenizer) { return tokenizer.id_of("</think>"); }

}  // namespace laconic::model
