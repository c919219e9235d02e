// Chat templates, written natively: a prompt → token ids, and which of them are the user's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/tokenizer.h"

namespace laconic::model {

enum class ChatTemplate {
  kDeepSeekR1,  // BOS system <｜User｜>prompt<｜Assistant｜><think>\n
  kPlain,       // BOS system prompt: for base models; "system" is literal text before the prompt
};

std::string_view name_of(ChatTemplate chat);
ChatTemplate chat_template_named(std::string_view name);  // "deepseek-r1", "plain"; Error with the nearest name

// tokens[start, start + length): the user's text, or the template's (system text included).
struct PromptPiece {
  bool user = false;
  int start = 0, length = 0;
};

struct RenderedPrompt {
  std::vector<std::int32_t> tokens;
  std::vector<PromptPiece> pieces;  // in order, covering all tokens, none empty
};

// The user's and the system's text cannot produce added tokens. Throws Error when the tokenizer lacks
// a token that the template needs.
RenderedPrompt render_prompt(const Tokenizer& tokenizer, ChatTemplate chat, const Config& config, std::string_view user,
                             std::string_view system = {});

std::int32_t think_end_id(const Tokenizer& tokenizer);  // id of </think>; −1 when the tokenizer has none

}  // namespace laconic::model
