#include "verifiers/code/assert_pair.h"

#include "verifiers/code/assert_report.h"
#include "verifiers/code/compare.h"
#include "verifiers/code/proxy.h"

namespace laconic::verifiers::code {
namespace {

constexpr int kChannelInside = 4;  // CHANNEL in the drivers

double wall_of(double cpu_seconds) { return 3 * cpu_seconds + 2; }

// Both runs and what was said between them.
struct Outing {
  Conversation talk;
  Farewell farewell = Farewell::kClean;
  sandbox::Report answer, trusted;
  sandbox::Limits answer_limits;
};

Outing go_out(const Attempt& attempt, const AssertPair& pair, bool alone) {
  Outing outing;
  RelayRules rules;
  rules.entries = pair.entries;
  rules.trusted_seconds = wall_of(pair.limits.cpu_seconds);
  rules.out_of_time = attempt.out_of_time;

  sandbox::Spec answer = pair.answer, trusted = pair.trusted;
  answer.limits = limits_of(attempt);
  rules.answer_seconds = answer.limits.wall_seconds > 0 ? answer.limits.wall_seconds : wall_of(answer.limits.cpu_seconds);
  trusted.limits.cpu_seconds = pair.limits.cpu_seconds;
  trusted.limits.memory_bytes = pair.limits.memory_bytes;
  // The relay keeps the two clocks apart; the sandbox's wall limit stands behind both.
  answer.limits.wall_seconds = trusted.limits.wall_seconds = rules.answer_seconds + rules.trusted_seconds + 5;
  outing.answer_limits = answer.limits;

  ProxyChannel to_answer, to_trusted;
  answer.passed = {{kChannelInside, to_answer.theirs()}};
  trusted.passed = {{kChannelInside, to_trusted.theirs()}};
  trusted.capture_result = true;
  const auto running_answer = attempt.sandbox.start(answer, nullptr, alone);
  const auto running_trusted = attempt.sandbox.start(trusted, running_answer.get(), alone);
  to_answer.close_theirs();
  to_trusted.close_theirs();

  outing.talk = relay(to_trusted, to_answer, rules);
  using End = Conversation::End;
  const End end = outing.talk.end;
  to_trusted.hang_up();
  if (end != End::kTrustedDone) running_trusted->kill();
  to_answer.hang_up();
  if (end == End::kTrustedDone) outing.farewell = farewell(to_answer, wall_of(1));
  // One that has closed its end is dead or dying, of what its report says: that is not to be overtaken.
  if (outing.farewell != Farewell::kClean || (end != End::kTrustedDone && end != End::kAnswerEnded)) running_answer->kill();
  outing.trusted = running_trusted->wait();
  outing.answer = running_answer->wait();
  attempt.budget.charge(outing.answer);
  const bool late = end == End::kAnswerLate || outing.farewell == Farewell::kLate;
  if (late && outing.answer.end != sandbox::End::kFault) outing.answer.end = sandbox::End::kWallTime;
  return outing;
}

std::string call_of(const Conversation& talk) {
  return "call " + std::to_string(talk.answered + 1) + (talk.function.empty() ? "" : " of " + talk.function);
}

TestResult answers_fault(const Outing& outing) {
  using End = Conversation::End;
  const Conversation& talk = outing.talk;
  const std::string detail = shortened(talk.detail, 160);
  switch (talk.end) {
    case End::kAnswerLate:
      return {Outcome::kTimeout, "no reply to " + call_of(talk) + " in time"};
    case End::kAnswerMalformed:
      return {Outcome::kFail, "the program tampered with its channel: " + detail};
    case End::kAnswerOpaque:
      return {Outcome::kFail, call_of(talk) + " returned " + detail};
    case End::kAnswerBroken: {
      const bool syntax = talk.error_type == "SyntaxError" || talk.error_type == "IndentationError" || talk.error_type == "TabError";
      return {syntax ? Outcome::kCompileError : Outcome::kCrash, detail};
    }
    default:
      break;
  }
  if (auto failed = failed_run(outing.answer, outing.answer_limits)) return *failed;
  return {Outcome::kFail, "the program ended by itself before it replied to " + call_of(talk) + " (exit code 0 is no pass)"};
}

// The trusted program asked no more: what did it find?
TestResult finding(const Outing& outing, const AssertPair& pair) {
  const Conversation& talk = outing.talk;
  const sandbox::Report& trusted = outing.trusted;
  if (trusted.end == sandbox::End::kFault) return {Outcome::kInfraError, trusted.fault};
  using Status = TestReport::Status;
  const TestReport report = trusted.result_cut ? TestReport{} : read_test_report(trusted.result, pair.nonce);
  const std::string raised = talk.raised.empty() ? "" : shortened(talk.raised, 120) + " in ";
  const Outcome wrong = talk.raised.empty() ? Outcome::kFail : Outcome::kCrash;
  switch (report.status) {
    case Status::kPassed:
      if (trusted.end != sandbox::End::kExited || trusted.exit_code != 0) break;
      if (talk.answered == 0) return {Outcome::kUndecided, "the row's test never calls the function"};
      if (outing.farewell == Farewell::kSpoke) return {Outcome::kFail, "the program said something after its last reply"};
      if (outing.farewell == Farewell::kLate) return {Outcome::kTimeout, "the program does not end"};
      if (auto failed = failed_run(outing.answer, outing.answer_limits)) return *failed;
      return {Outcome::kPass, ""};
    case Status::kFailed:
      return {wrong, raised + report.detail};
    case Status::kBroken:
      return {Outcome::kUndecided, "the row's test fails before any call: " + report.detail};
    case Status::kUnsplit:
      return {Outcome::kSkip, "the row's test cannot be split: " + report.detail};
    case Status::kNone:
      break;
  }
  if (trusted.end == sandbox::End::kWallTime) return {Outcome::kInfraError, "the test program made no progress"};
  const std::string how = std::string(name_of(trusted.end)) + (trusted.end == sandbox::End::kExited ? " with code " + std::to_string(trusted.exit_code) : "");
  if (talk.answered == 0) return {Outcome::kUndecided, "the row's test ends (" + how + ") before any call"};
  const std::string assertion = failed_assertion(trusted.err);
  return {wrong, raised + (assertion.empty() ? "the test program did not accept the values (" + how + ")" : assertion)};
}

TestResult verdict(const Outing& outing, const AssertPair& pair) {
  using End = Conversation::End;
  if (outing.talk.end == End::kOutOfTime) return {Outcome::kInfraError, "the lease is over"};
  if (outing.answer.end == sandbox::End::kFault) return {Outcome::kInfraError, outing.answer.fault};
  if (outing.talk.end == End::kTrustedMalformed) {
    // What it says is ours, but after the first reply its size may be that of the answer's values.
    if (outing.talk.answered > 0) return {Outcome::kFail, "the values cannot be handed on: " + outing.talk.detail};
    return {Outcome::kInfraError, "the test program: " + outing.talk.detail};
  }
  return outing.talk.end == End::kTrustedDone ? finding(outing, pair) : answers_fault(outing);
}

bool starved(const sandbox::Report& report, const sandbox::Limits& limits) {
  return report.end == sandbox::End::kWallTime && sandbox::needs_repeat(report, limits);
}

}  // namespace

TestResult run_assert_pair(const Attempt& attempt, const AssertPair& pair) {
  sandbox::Limits trusted_limits;
  trusted_limits.cpu_seconds = pair.limits.cpu_seconds;
  Outing outing = go_out(attempt, pair, false);
  if (sandbox::needs_repeat(outing.answer, outing.answer_limits) || sandbox::needs_repeat(outing.trusted, trusted_limits)) {
    outing = go_out(attempt, pair, true);
    if (starved(outing.answer, outing.answer_limits) || starved(outing.trusted, trusted_limits))
      return {Outcome::kInfraError, "the machine is too busy to tell a slow program from a waiting one"};
  }
  return verdict(outing, pair);
}

TestResult run_weak_assert(const Attempt& attempt, const sandbox::Spec& spec, const std::string& nonce) {
  sandbox::Spec limited = spec;
  limited.limits = limits_of(attempt);
  limited.capture_result = true;
  const sandbox::Report run = attempt.sandbox.run(limited);
  attempt.budget.charge(run);
  TestResult result;
  if (auto failed = failed_run(run, limited.limits)) {
    result = *failed;
    if (const std::string assertion = failed_assertion(run.err); result.outcome == Outcome::kCrash && !assertion.empty()) result = {Outcome::kFail, assertion};
  } else {
    const TestReport report = run.result_cut ? TestReport{} : read_test_report(run.result, nonce);
    if (report.status == TestReport::Status::kPassed) result = {Outcome::kPass, ""};
    else result = {Outcome::kFail, report.status == TestReport::Status::kNone ? "the program ended before the tests did" : report.detail};
  }
  if (result.outcome != Outcome::kPass) result.explanation = "weak: " + result.explanation;
  return result;
}

}  // namespace laconic::verifiers::code
