// The decoders of pickled text, and the two that stand before them: no reading beyond the bytes, no
// output beyond the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verifiers/code/base64.h"
#include "verifiers/code/pickled_text.h"

using namespace laconic::verifiers::code;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 1 << 20;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto text = pickled_text(bytes);
  if (text && (text->data() < bytes.data() || text->data() + text->size() > bytes.data() + bytes.size())) std::abort();
  const auto check = [&](std::string_view stream) {
    const auto inner = inflated(stream, kLimit);
    if (inner && inner->size() > kLimit) std::abort();
    if (inner) pickled_text(*inner);
  };
  check(bytes);
  if (const auto decoded = base64_decoded(bytes)) check(*decoded);
  return 0;
}
