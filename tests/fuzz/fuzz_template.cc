// A foreign chat template and a conversation: rendered or refused within its bounds, nothing else. The
// bytes up to the first zero are the template; the rest are messages, one a line.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/chat/chat.h"

using namespace laconic::model;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = std::min(text.find('\0'), text.size());
  const std::string source(text.substr(0, zero));
  text.remove_prefix(std::min(zero + 1, text.size()));
  std::vector<ChatMessage> messages;
  while (!text.empty() && messages.size() < 6) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    messages.push_back({messages.size() % 2 == 0 ? ChatRole::kUser : ChatRole::kAssistant, std::string(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (messages.empty() || messages.back().role != ChatRole::kUser) messages.push_back({ChatRole::kUser, "\xff question"});
  try {
    const ChatTemplate chat = ChatTemplate::evaluated(source);
    for (const bool thinking : {true, false}) {
      const MarkedText once = chat.text({"<bos>", "<eos>", true}, messages, {.thinking = thinking});
      if (once.bytes.size() != once.origins.size()) std::abort();
      const MarkedText again = chat.text({"<bos>", "<eos>", true}, messages, {.thinking = thinking});
      if (once.bytes != again.bytes || once.origins != again.origins) std::abort();
    }
  } catch (const laconic::Error&) {
  }
  return 0;
}
