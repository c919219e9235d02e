// Frames between an answer's process and a trusted test program: any bytes are refused, or become a
// canonical message that reads as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "verifiers/code/proxy_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laconic::verifiers::code;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const ReplyFrame reply = read_reply(body);
  if (reply.problem.empty() == reply.canonical.empty()) std::abort();
  if (reply.problem.empty() && read_reply(reply.canonical).canonical != reply.canonical) std::abort();
  const RequestFrame request = read_request(body);
  if (request.problem.empty() == request.canonical.empty()) std::abort();
  if (request.problem.empty() && read_request(request.canonical).canonical != request.canonical) std::abort();
  return 0;
}
