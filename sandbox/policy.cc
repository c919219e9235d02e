#include "sandbox/policy.h"

#include <cstdint>
#include <cstring>

namespace laconic::sandbox {

std::string encode(const Policy& policy) {
  std::string bytes{policy.level, static_cast<char>(policy.landlock)};
  for (const Filter* filter : {&policy.without_internet, &policy.with_internet}) {
    const std::uint32_t count = filter->size();
    bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
    bytes.append(reinterpret_cast<const char*>(filter->data()), count * sizeof(sock_filter));
  }
  return bytes;
}

std::optional<Policy> decode_policy(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  Policy policy;
  policy.level = bytes[0];
  policy.landlock = bytes[1];
  bytes.remove_prefix(2);
  for (Filter* filter : {&policy.without_internet, &policy.with_internet}) {
    std::uint32_t count = 0;
    if (bytes.size() < sizeof count) return std::nullopt;
    std::memcpy(&count, bytes.data(), sizeof count);
    bytes.remove_prefix(sizeof count);
    if (bytes.size() / sizeof(sock_filter) < count) return std::nullopt;
    filter->resize(count);
    std::memcpy(filter->data(), bytes.data(), count * sizeof(sock_filter));
    bytes.remove_prefix(count * sizeof(sock_filter));
  }
  return policy;
}

}  // namespace laconic::sandbox
