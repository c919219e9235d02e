// Marked text → token ids.
#pragma once

#include "model/chat/chat.h"
#include "model/chat/marked_text.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::model {

// Added tokens are recognised in stretches of TextOrigin::kTemplate only. What lies between two of them
// is encoded as one text, whoever wrote its parts: the ids are those of the whole text. A token made of
// bytes of both belongs to the user.
RenderedPrompt encode_marked(const Tokenizer& tokenizer, const MarkedText& text);

}  // namespace laconic::model
