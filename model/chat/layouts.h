// Native chat templates: each is one entry of a table, of what stands around messages.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "model/chat/chat.h"

namespace laconic::model {

// What stands before and after a message's text.
struct ChatFrame {
  std::string_view before, after;
};

enum class ChatStart : std::uint8_t {
  kNothing,
  kBos,          // the begin-of-sentence token
  kAsTokenizer,  // that token where the tokenizer puts it before any text
};

// What becomes of an earlier answer's <think> block.
enum class EarlierThinking : std::uint8_t {
  kKept,
  kCut,           // all up to the last </think>
  kCutWithBreaks  // and the line breaks after it
};

struct ChatLayout {
  std::string_view name;
  std::string_view required;  // added tokens of the vocabulary that it cannot do without, separated by spaces
  ChatStart start = ChatStart::kNothing;
  std::optional<ChatFrame> system;           // nullopt: there is no place for one
  ChatFrame user;
  std::optional<ChatFrame> assistant;        // nullopt: one question only
  std::string_view generation;               // what the next answer follows
  std::string_view generation_at_once = {};  // without thinking; empty: the same
  std::string_view default_system = {};
  bool always_system = false;                // the block stands there even without a text
  bool trims = false;                        // messages lose white space at both ends
  EarlierThinking earlier = EarlierThinking::kKept;
  bool thinks = false;
};

std::span<const ChatLayout> chat_layouts();

// Throws Error when the layout cannot express the conversation.
MarkedText write_layout(const ChatLayout& layout, const ChatTokens& tokens, std::span<const ChatMessage> messages, const ChatOptions& options);

}  // namespace laconic::model
