// A GGUF file from its first byte to a checkpoint: whatever the bytes, a card and views inside the file, or an Error.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/gguf/card.h"

using namespace laconic::model;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const Gguf gguf = parse_gguf({reinterpret_cast<const std::byte*>(data), size}, nullptr, "fuzz");
    for (const auto& [name, tensor] : gguf.tensors)
      if (tensor.bytes() > size || tensor.data < reinterpret_cast<const std::byte*>(data) || tensor.data + tensor.bytes() > reinterpret_cast<const std::byte*>(data) + size)
        std::abort();
    const ModelCard card = read_card(gguf);
    const TensorMap tensors = gguf_tensors(gguf, card.config);
    check_tensors(card.config, tensors, "fuzz");
    for (const auto& [name, tensor] : tensors) to_floats(tensor);
  } catch (const laconic::Error&) {
  }
  return 0;
}
