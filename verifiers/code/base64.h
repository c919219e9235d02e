// The two decoders that LiveCodeBench's private tests pass through before they are text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace laconic::verifiers::code {

// RFC 4648, padded; blanks and line breaks are skipped. nullopt: not base64.
std::optional<std::string> base64_decoded(std::string_view text);

// One zlib stream, all of `bytes`; nullopt: damaged, followed by something, or larger than `limit`.
std::optional<std::string> inflated(std::string_view bytes, std::size_t limit);

}  // namespace laconic::verifiers::code
