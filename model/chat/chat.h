// Chat templates: a conversation → token ids, and which of them are the user's words.
//
// The templates of known families are native (model/chat/layouts.h); a checkpoint's own Jinja source is
// evaluated where it is none of them (model/jinja/). Either way the ids are those of the whole text
// encoded at once, as the model was trained on it, except that words of messages never become added
// tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/card.h"
#include "model/config.h"
#include "model/chat/marked_text.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::model {

enum class ChatRole : std::uint8_t { kSystem, kUser, kAssistant };
std::string_view name_of(ChatRole role);  // "system", "user", "assistant"

struct ChatMessage {
  ChatRole role = ChatRole::kUser;
  std::string content;
};

struct ChatOptions {
  // False: the model is to answer at once, where its template knows how to ask for that. A prompt that
  // would open a <think> block closes it again.
  bool thinking = true;
};

// tokens[start, start + length): the user's text, or the template's (system text and earlier answers included).
struct PromptPiece {
  bool user = false;
  int start = 0, length = 0;
};

struct RenderedPrompt {
  std::vector<std::int32_t> tokens;
  std::vector<PromptPiece> pieces;  // in order, covering all tokens, none empty
};

// Texts that templates use by name.
struct ChatTokens {
  std::string bos, eos;  // empty: the model has none
  bool begins_with_bos = false;  // of a prompt without a template
};

// Cheap to copy, immutable, safe to share between threads.
class ChatTemplate {
 public:
  // A native one. Throws Error with the nearest name.
  static ChatTemplate named(std::string_view name);
  // "auto": what the checkpoint says: a native one that writes the same as its Jinja source, else the source
  // itself; without a source, by model_type and special tokens: deepseek-v3.2, deepseek-r1, plain. Any
  // other name: `named`. Throws Error naming what the source uses beyond the subset.
  static ChatTemplate choose(const ModelCard& card, std::string_view name);

  // Jinja source as it is, also where it is a native one's.
  static ChatTemplate evaluated(const std::string& jinja);

  const std::string& name() const;  // of a native one; "checkpoint": the checkpoint's own source
  bool opens_thinking() const;      // the prompt ends inside <think>: the answer's side begins in it
  bool thinks() const;              // answers are made of a <think> block and what follows it

  // The prompt for the next answer. The last message is a user's. Throws Error when the tokenizer lacks a
  // token that the template needs, or the template cannot express the conversation.
  RenderedPrompt render(const Tokenizer& tokenizer, const Config& config, std::span<const ChatMessage> messages, ChatOptions options = {}) const;
  // The same before encoding.
  MarkedText text(const ChatTokens& tokens, std::span<const ChatMessage> messages, ChatOptions options = {}) const;

  struct Source;  // model/chat/source.h

 private:
  explicit ChatTemplate(std::shared_ptr<const Source> source) : source_(std::move(source)) {}
  std::shared_ptr<const Source> source_;
};

// "auto", and the names of the native templates.
std::vector<std::string> chat_template_names();

// One question, after a system text where there is one.
RenderedPrompt render_prompt(const Tokenizer& tokenizer, const ChatTemplate& chat, const Config& config, std::string_view user,
                             std::string_view system = {}, ChatOptions options = {});

std::int32_t think_end_id(const Tokenizer& tokenizer);  // id of </think>; −1 when the tokenizer has none

}  // namespace laconic::model
