#include "model/chat/layouts.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "model/tokenizer/white_space.h"

namespace laconic::model {
namespace {

constexpr ChatFrame kChatMlSystem{"<|im_start|>system\n", "<|im_end|>\n"}, kChatMlUser{"<|im_start|>user\n", "<|im_end|>\n"},
    kChatMlAssistant{"<|im_start|>assistant\n", "<|im_end|>\n"};

// The layouts of the published chat_template of each family; of DeepSeek-V3.2 its published encoder;
// "r1-zero" is Table 1 of the DeepSeek-R1 report, for base models.
constexpr std::array kLayouts = {
    ChatLayout{.name = "plain", .required = "", .start = ChatStart::kAsTokenizer, .system = ChatFrame{}, .user = {}, .assistant = {}, .generation = ""},
    ChatLayout{.name = "r1-zero",
               .required = "",
               .start = ChatStart::kAsTokenizer,
               .system = ChatFrame{"", "\n"},
               .user = {"A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant first "
                        "thinks about the reasoning process in the mind and then provides the user with the answer. The reasoning process and "
                        "answer are enclosed within <think> </think> and <answer> </answer> tags, respectively, i.e., <think> reasoning process "
                        "here </think> <answer> answer here </answer>. User: ",
                        ". Assistant:"},
               .assistant = {},
               .generation = "",
               .thinks = true},
    ChatLayout{.name = "chatml",
               .required = "<|im_start|> <|im_end|>",
               .system = kChatMlSystem,
               .user = kChatMlUser,
               .assistant = kChatMlAssistant,
               .generation = kChatMlAssistant.before},
    ChatLayout{.name = "smollm2",
               .required = "<|im_start|> <|im_end|>",
               .system = kChatMlSystem,
               .user = kChatMlUser,
               .assistant = kChatMlAssistant,
               .generation = kChatMlAssistant.before,
               .default_system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"},
    ChatLayout{.name = "qwen2.5",
               .required = "<|im_start|> <|im_end|>",
               .system = kChatMlSystem,
               .user = kChatMlUser,
               .assistant = kChatMlAssistant,
               .generation = kChatMlAssistant.before,
               .default_system = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."},
    ChatLayout{.name = "qwen3",
               .required = "<|im_start|> <|im_end|> <think> </think>",
               .system = kChatMlSystem,
               .user = kChatMlUser,
               .assistant = kChatMlAssistant,
               .generation = kChatMlAssistant.before,
               .generation_at_once = "<|im_start|>assistant\n<think>\n\n</think>\n\n",
               .earlier = EarlierThinking::kCutWithBreaks,
               .thinks = true},
    ChatLayout{.name = "llama-3",
               .required = "<|start_header_id|> <|end_header_id|> <|eot_id|>",
               .start = ChatStart::kBos,
               .system = ChatFrame{"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"},
               .user = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},
               .assistant = ChatFrame{"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"},
               .generation = "<|start_header_id|>assistant<|end_header_id|>\n\n",
               .trims = true},
    // The original asks the clock for today's date and falls back to this one; a run must not depend on the day.
    ChatLayout{.name = "llama-3.2",
               .required = "<|start_header_id|> <|end_header_id|> <|eot_id|>",
               .start = ChatStart::kBos,
               .system = ChatFrame{"<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n",
                                   "<|eot_id|>"},
               .user = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},
               .assistant = ChatFrame{"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"},
               .generation = "<|start_header_id|>assistant<|end_header_id|>\n\n",
               .always_system = true,
               .trims = true},
    ChatLayout{.name = "deepseek-v2",
               .required = "<｜end▁of▁sentence｜>",
               .start = ChatStart::kBos,
               .system = ChatFrame{"", "\n\n"},
               .user = {"User: ", "\n\n"},
               .assistant = ChatFrame{"Assistant: ", "<｜end▁of▁sentence｜>"},
               .generation = "Assistant:"},
    ChatLayout{.name = "deepseek-v3",
               .required = "<｜User｜> <｜Assistant｜> <｜end▁of▁sentence｜>",
               .start = ChatStart::kBos,
               .system = ChatFrame{},
               .user = {"<｜User｜>", ""},
               .assistant = ChatFrame{"<｜Assistant｜>", "<｜end▁of▁sentence｜>"},
               .generation = "<｜Assistant｜>"},
    ChatLayout{.name = "deepseek-r1",
               .required = "<｜User｜> <｜Assistant｜> <｜end▁of▁sentence｜> <think> </think>",
               .start = ChatStart::kBos,
               .system = ChatFrame{},
               .user = {"<｜User｜>", ""},
               .assistant = ChatFrame{"<｜Assistant｜>", "<｜end▁of▁sentence｜>"},
               .generation = "<｜Assistant｜><think>\n",
               .generation_at_once = "<｜Assistant｜><think>\n\n</think>\n\n",
               .earlier = EarlierThinking::kCut,
               .thinks = true},
    ChatLayout{.name = "deepseek-v3.2",
               .required = "<｜User｜> <｜Assistant｜> <｜end▁of▁sentence｜> <think> </think>",
               .start = ChatStart::kBos,
               .system = ChatFrame{},
               .user = {"<｜User｜>", ""},
               .assistant = ChatFrame{"<｜Assistant｜></think>", "<｜end▁of▁sentence｜>"},
               .generation = "<｜Assistant｜><think>",
               .generation_at_once = "<｜Assistant｜></think>",
               .earlier = EarlierThinking::kCut,
               .thinks = true},
    ChatLayout{.name = "olmoe",
               .required = "",
               .start = ChatStart::kBos,
               .system = ChatFrame{"<|system|>\n", "\n"},
               .user = {"<|user|>\n", "\n"},
               .assistant = ChatFrame{"<|assistant|>\n", "<|endoftext|>\n"},
               .generation = "<|assistant|>\n"},
};

std::string_view without_thinking(std::string_view answer, EarlierThinking earlier) {
  constexpr std::string_view kEnd = "</think>";
  const std::size_t end = answer.rfind(kEnd);
  if (earlier == EarlierThinking::kKept || end == std::string_view::npos) return answer;
  answer.remove_prefix(end + kEnd.size());
  if (earlier == EarlierThinking::kCutWithBreaks) answer.remove_prefix(std::min(answer.find_first_not_of('\n'), answer.size()));
  return answer;
}

[[noreturn]] void refuse(const ChatLayout& layout, const char* what) {
  throw Error(fmt::format("the chat template `{}` {}", layout.name, what), "", "ask one question, or choose another template with --chat");
}

}  // namespace

std::span<const ChatLayout> chat_layouts() { return kLayouts; }

MarkedText write_layout(const ChatLayout& layout, const ChatTokens& tokens, std::span<const ChatMessage> messages, const ChatOptions& options) {
  MarkedText text;
  const auto write = [&](const ChatFrame& frame, std::string_view words, TextOrigin origin) {
    text.append(frame.before);
    text.append(layout.trims ? trimmed(words) : words, origin);
    text.append(frame.after);
  };
  if (layout.start == ChatStart::kBos || (layout.start == ChatStart::kAsTokenizer && tokens.begins_with_bos)) text.append(tokens.bos);
  const bool has_system = !messages.empty() && messages[0].role == ChatRole::kSystem;
  if (!has_system && (layout.always_system || !layout.default_system.empty())) {
    text.append(layout.system->before);
    text.append(layout.default_system);
    text.append(layout.system->after);
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    switch (message.role) {
      case ChatRole::kSystem:
        if (i > 0) refuse(layout, "takes a system text at the start only");
        if (!layout.system) refuse(layout, "has no place for a system text");
        write(*layout.system, message.content, TextOrigin::kMessage);
        break;
      case ChatRole::kUser:
        if (!layout.assistant && i > (has_system ? 1 : 0)) refuse(layout, "takes one question only");
        write(layout.user, message.content, TextOrigin::kUser);
        break;
      case ChatRole::kAssistant:
        if (!layout.assistant) refuse(layout, "takes one question only");
        write(*layout.assistant, without_thinking(message.content, layout.earlier), TextOrigin::kMessage);
        break;
    }
  }
  text.append(options.thinking || layout.generation_at_once.empty() ? layout.generation : layout.generation_at_once);
  return text;
}

}  // namespace laconic::model
