// The conversation between a trusted test program and the answer's process, relayed and checked.
//
// Each side holds one end of a stream socket and speaks in frames: four bytes of length
// (little-endian), then a message (proxy_value.h). The trusted side asks, one call at a time; the
// answer replies. Whatever the answer says out of turn, malformed or not at all ends the
// conversation and is its own fault.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "verifiers/code/proxy_value.h"

namespace laconic::verifiers::code {

// Two connected ends, closed by the destructor: ours (non-blocking) and the one to pass on.
class ProxyChannel {
 public:
  ProxyChannel();  // throws Error when the machine has no descriptors left
  ~ProxyChannel();
  ProxyChannel(const ProxyChannel&) = delete;
  ProxyChannel& operator=(const ProxyChannel&) = delete;

  int ours() const { return ours_; }
  int theirs() const { return theirs_; }
  void close_theirs();  // once passed on: then the end of their process is an end of file here
  void hang_up();       // nothing more will be said by us

 private:
  int ours_ = -1, theirs_ = -1;
};

struct RelayRules {
  std::vector<std::string> entries;       // functions that may be called
  double answer_seconds = 32;             // wall time that may be spent waiting for the answer, over the conversation
  double trusted_seconds = 32;            // the same for the trusted side
  std::function<bool()> out_of_time;      // asked now and then; true ends the conversation
  ProxyLimits limits;
};

struct Conversation {
  enum class End {
    kTrustedDone,      // the trusted side asks no more: it has ended, or uses more than trusted_seconds
    kTrustedMalformed, // OUR fault: it said something else than a request
    kAnswerEnded,      // the answer's process closed its end while something was due
    kAnswerLate,       // answer_seconds are over
    kAnswerMalformed,  // `detail`
    kAnswerBroken,     // the program could not be loaded: `detail`, `error_type`
    kAnswerOpaque,     // a value that is no plain data: `detail`
    kOutOfTime,        // by the rules' out_of_time
  } end = End::kTrustedDone;
  std::string detail;       // one line
  std::string error_type;   // of kAnswerBroken
  std::string raised;       // the last reply was an exception: "ValueError: …"; else empty
  std::string function;     // of the last request
  int answered = 0;         // calls that got their reply
};

// Relays until one side ends. Neither side is told why. Never throws for what the sides say.
Conversation relay(const ProxyChannel& trusted, const ProxyChannel& answer, const RelayRules& rules);

enum class Farewell {
  kClean,   // the answer's process closed its end and had said nothing more
  kSpoke,   // it said something after the last reply
  kLate,    // it holds its end open
};

// After hang_up(): waits at most `seconds` for the answer's end of file.
Farewell farewell(const ProxyChannel& answer, double seconds);

}  // namespace laconic::verifiers::code
