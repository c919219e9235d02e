#include "verifiers/code/assert_report.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "verifiers/code/compare.h"

namespace laconic::verifiers::code {

std::string new_nonce() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw Error(std::string("no random bytes for a test's nonce: ") + std::strerror(errno));
  constexpr char kDigits[] = "0123456789abcdef";
  std::string nonce;
  for (const unsigned char byte : bytes) {
    nonce += kDigits[byte >> 4];
    nonce += kDigits[byte & 15];
  }
  return nonce;
}

TestReport read_test_report(std::string_view bytes, const std::string& nonce) {
  TestReport report;
  if (bytes.size() < 4) return report;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  if (size != bytes.size() - 4) return report;
  const auto json = nlohmann::json::parse(bytes.substr(4), nullptr, false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  };
  if (nonce.empty() || text("nonce") != nonce) return report;
  const std::string status = text("status");
  using Status = TestReport::Status;
  report.status = status == "passed"    ? Status::kPassed
                  : status == "failed"  ? Status::kFailed
                  : status == "broken"  ? Status::kBroken
                  : status == "unsplit" ? Status::kUnsplit
                                        : Status::kNone;
  report.detail = shortened(text("detail"), 160);
  return report;
}

std::string failed_assertion(std::string_view standard_error) {
  const std::size_t start = standard_error.rfind("Assertion `"), end = standard_error.rfind("' failed.");
  if (start == std::string_view::npos || end == std::string_view::npos || end < start) return {};
  return shortened(standard_error.substr(start + 11, end - start - 11), 160);
}

}  // namespace laconic::verifiers::code
