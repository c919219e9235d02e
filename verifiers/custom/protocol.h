// The line protocol: one JSON object a line. docs/verifiers.md describes it for those who write the
// other side.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verifiers/answer.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::custom {

inline constexpr int kProtocolVersion = 1;

// The process's first line: {"laconic_verifier": 1, …}.
struct Hello {
  std::string name;                 // for messages; may be empty
  double score_min = -std::numeric_limits<double>::max(), score_max = std::numeric_limits<double>::max();
  double pass_at = 1;               // least score that is a pass, where a reply names no outcome
  int in_flight = 1;                // requests it wants at once
  bool groups = false;              // takes the samples of a group in one request
};

// `why` is filled when the line is no hello, or one of another protocol.
std::optional<Hello> read_hello(const std::string& line, std::string& why);
std::string write_hello(const Hello& hello);  // with the line break

// One request, with the line break. A group (several answers to one row) only if the hello asked for it.
std::string write_request(std::uint64_t id, std::span<const VerifyRequest> items, bool group, Reasoning reasoning);

// The reply's id, or nullopt and `why` when the line breaks the protocol.
std::optional<std::uint64_t> reply_id(const std::string& line, std::string& why);

// The verdicts in a reply to `items` answers. What is wrong with it (a missing or infinite score, one
// out of the hello's range, an unknown outcome, a wrong count) is an infra_error that says so.
std::vector<Verdict> read_verdicts(const std::string& line, const Hello& hello, std::size_t items, bool group);

// The text with U+FFFD in place of what is no UTF-8: a process may write any bytes.
std::string valid_text(const std::string& bytes);

// What the hosted side needs: the request as it stands in the line, and the reply to it.
struct HostedRequest {
  std::uint64_t id = 0;
  std::string ticket, prompt, response, columns;
  std::optional<std::string> answer;  // the marked answer after the reasoning
  std::optional<std::string> gold;    // the row's `answer` or `gold`, as text
  bool finished = true;
};
HostedRequest read_request(const std::string& line);  // throws Error
std::string write_reply(std::uint64_t id, const Verdict& verdict);
std::string write_failure(std::uint64_t id, const std::string& why);

}  // namespace laconic::verifiers::custom
