// Frames of the sandbox, from whoever reaches the socket. What is accepted comes back byte for byte.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sandbox/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laconic::sandbox;
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  if (const auto request = decode_request(frame)) {
    if (encode(*request) != frame) std::abort();
    if (request->argv.empty() || request->client_descriptors() > kMaxDescriptors || request->keeper_descriptors() > kMaxDescriptors) std::abort();
    for (const int number : request->inside)
      if (number < 0 || number >= kMaxInside) std::abort();
    for (const auto& file : request->files)
      if (file.name.find('/') != std::string::npos || file.size < 0) std::abort();
  }
  if (const auto reply = decode_reply(frame); reply && encode(*reply) != frame) std::abort();
  if (const auto count = decode_measure(frame); count && encode_measure(*count) != frame) std::abort();
  return 0;
}
