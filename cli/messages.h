// A conversation from a file.
#pragma once

#include <vector>

#include "base/file.h"
#include "model/chat/chat.h"

namespace laconic::cli {

// A JSON list of {"role": system | user | assistant, "content": text}, or an object that holds it as
// "messages". Throws Error naming the message that is not one.
std::vector<model::ChatMessage> read_messages(const fs::path& file);

}  // namespace laconic::cli
