// The text in a Python pickle of one str, and of nothing else.
//
// Pickles are programs; this reads the one shape that pickle.dumps(text) writes in protocols 2 to 5:
// PROTO, FRAME, one of the three unicode opcodes, an optional memo opcode, STOP. Whatever else
// stands there is refused, so nothing is ever run or imported.
#pragma once

#include <optional>
#include <string_view>

namespace laconic::verifiers::code {

// A view into `pickle`; nullopt: any other shape.
std::optional<std::string_view> pickled_text(std::string_view pickle);

}  // namespace laconic::verifiers::code
