// Result frames as a hostile program may write them. Whatever is read is a value: equal to itself,
// and the same after being written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verifiers/code/values.h"

using namespace laconic::verifiers::code;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string problem;
  const auto check = [&](const std::optional<Value>& value) {
    if (!value) return problem.empty() ? std::abort() : void();
    if (!equal_values(*value, *value)) std::abort();
    to_text(*value);
    const std::string written = write_tagged(*value);
    const auto again = read_tagged(written, problem);
    if (!again || write_tagged(*again) != written || !equal_values(*again, *value)) std::abort();
  };
  check(read_frame(bytes, problem));
  check(read_tagged(bytes, problem));
  read_plain(bytes, problem);
  return 0;
}
