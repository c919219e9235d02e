// Text through small tokenizers of the published shapes: any bytes come back, and plain text forges nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/tokenizer/tokenizer.h"

using namespace laconic;

namespace {

model::Tokenizer load(const char* name) {
  const char* source = std::getenv("LACONIC_SOURCE");
  return model::Tokenizer::load(fs::path(source ? source : ".") / "tests/golden/tokenizers" / name);
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const model::Tokenizer exact[] = {load("deepseek_v3"), load("trained")}, composing[] = {load("qwen"), load("olmoe")};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const model::Tokenizer& tokenizer : exact) {
    check(tokenizer.decode_bytes(tokenizer.encode(text)) == text);
    const auto plain = tokenizer.encode_plain(text);
    check(tokenizer.decode_bytes(plain) == text);
    for (const char* token : {"<think>", "<｜User｜>", "<｜end▁of▁sentence｜>"})
      for (const std::int32_t id : plain) check(id != tokenizer.id_of(token));
  }
  for (const model::Tokenizer& tokenizer : composing) {
    const auto ids = tokenizer.encode(text);
    const std::string composed = tokenizer.decode_bytes(ids);
    check(tokenizer.encode(composed) == ids);
    check(tokenizer.decode_bytes(tokenizer.encode_plain(text)).size() == composed.size());
  }
  return 0;
}
