// tokenizer.json: any bytes are refused with an Error or make a tokenizer that encodes and decodes.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/tokenizer/tokenizer.h"

using namespace laconic;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto tokenizer = model::Tokenizer::parse({reinterpret_cast<const char*>(data), size}, "fuzzed");
    for (const char* text : {"The answer is 42.\n\n  <think> naïve e\u0301 数学 🙂</think>", "\xff\x04 \xe9", ""}) {
      for (const auto& ids : {tokenizer.encode(text), tokenizer.encode_plain(text)}) {
        for (const std::int32_t id : ids)
          if (id < 0 || id >= tokenizer.vocab_size()) std::abort();
        tokenizer.decode_text(ids, true);
      }
      tokenizer.split_added(text);
    }
  } catch (const Error&) {
  }
  return 0;
}
