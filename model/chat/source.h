// What writes a chat template's text: a native layout, or Jinja source. Implementations are immutable.
#pragma once

#include <optional>
#include <string>

#include "model/chat/chat.h"

namespace laconic::model {

struct ChatTemplate::Source {
  virtual ~Source() = default;
  virtual MarkedText text(const ChatTokens& tokens, std::span<const ChatMessage> messages, const ChatOptions& options) const = 0;

  std::string name;
  std::string required;         // added tokens it cannot do without, separated by spaces
  std::string generation;       // how a prompt ends, when thinking
  bool thinks = false;
  // As the checkpoint has them; empty: as its config.json has their ids.
  std::string bos_token, eos_token;
  std::optional<bool> add_bos_token;
};

}  // namespace laconic::model
