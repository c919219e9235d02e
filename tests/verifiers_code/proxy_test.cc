// The relay, with both sides played by threads: what an answer may say, when, and what follows.
#include "verifiers/code/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace laconic::verifiers::code {
namespace {

using End = Conversation::End;

std::string framed(const std::string& body) {
  std::string frame;
  for (int i = 0; i < 4; ++i) frame += static_cast<char>(body.size() >> (8 * i));
  return frame + body;
}

// One side's end of a channel, blocking.
struct Peer {
  int fd;
  void raw(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }
  void say(const std::string& body) const { raw(framed(body)); }
  std::string exactly(std::size_t size) const {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
      const ssize_t n = ::read(fd, bytes.data() + done, size - done);
      if (n <= 0) return {};
      done += static_cast<std::size_t>(n);
    }
    return bytes;
  }
  std::string hear() const {
    const std::string head = exactly(4);
    if (head.empty()) return {};
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>(head[i])) << (8 * i);
    return exactly(size);
  }
};

struct Heard {
  Conversation talk;
  Farewell farewell = Farewell::kClean;
  std::vector<std::string> trusted;  // the replies that reached it
};

// The trusted side makes `calls` calls of f and ends; the answer does what `play` does.
Heard converse(int calls, const std::function<void(const Peer&)>& play, RelayRules rules = {}) {
  rules.entries = {"f"};
  ProxyChannel to_trusted, to_answer;
  Heard heard;
  std::thread answer([&] {
    play({to_answer.theirs()});
    to_answer.close_theirs();
  });
  std::thread trusted([&] {
    const Peer peer{to_trusted.theirs()};
    for (int n = 1; n <= calls; ++n) {
      peer.say("[" + std::to_string(n) + ",\"f\",[1],{\"d\":[]}]");
      const std::string reply = peer.hear();
      if (reply.empty()) break;
      heard.trusted.push_back(reply);
    }
    to_trusted.close_theirs();
  });
  heard.talk = relay(to_trusted, to_answer, rules);
  to_trusted.hang_up();
  ::shutdown(to_trusted.ours(), SHUT_RDWR);
  to_answer.hang_up();
  if (heard.talk.end == End::kTrustedDone) heard.farewell = farewell(to_answer, 5);
  ::shutdown(to_answer.ours(), SHUT_RDWR);
  trusted.join();
  answer.join();
  return heard;
}

void serve(const Peer& peer, const std::function<void(int)>& reply) {
  peer.say("[0,\"ready\"]");
  for (int n = 1; !peer.hear().empty(); ++n) reply(n);
}

std::string value(int n) { return "[" + std::to_string(n) + ",\"value\",1]"; }

TEST(Relay, AnHonestAnswer) {
  const Heard heard = converse(3, [](const Peer& peer) { serve(peer, [&](int n) { peer.say(" " + value(n)); }); });
  EXPECT_EQ(heard.talk.end, End::kTrustedDone);
  EXPECT_EQ(heard.talk.answered, 3);
  EXPECT_EQ(heard.farewell, Farewell::kClean);
  EXPECT_EQ(heard.trusted, (std::vector<std::string>{value(1), value(2), value(3)})) << "written anew, without the answer's own bytes";
}

TEST(Relay, AnExceptionIsAReply) {
  const Heard heard = converse(1, [](const Peer& peer) { serve(peer, [&](int) { peer.say("[1,\"raised\",\"ValueError\",\"no\"]"); }); });
  EXPECT_EQ(heard.talk.end, End::kTrustedDone);
  EXPECT_EQ(heard.talk.raised, "ValueError: no");
}

TEST(Relay, AProgramThatDoesNotLoad) {
  const Heard heard = converse(1, [](const Peer& peer) { peer.say("[0,\"broken\",\"SyntaxError\",\"bad\"]"); });
  EXPECT_EQ(heard.talk.end, End::kAnswerBroken);
  EXPECT_EQ(heard.talk.error_type, "SyntaxError");
  EXPECT_TRUE(heard.trusted.empty());
}

TEST(Relay, SilentEnds) {
  EXPECT_EQ(converse(1, [](const Peer&) {}).talk.end, End::kAnswerEnded);
  EXPECT_EQ(converse(1, [](const Peer& peer) { peer.say("[0,\"ready\"]"); }).talk.end, End::kAnswerEnded);
  const Heard later = converse(2, [](const Peer& peer) {
    peer.say("[0,\"ready\"]");
    peer.hear();
    peer.say(value(1));
  });
  EXPECT_EQ(later.talk.end, End::kAnswerEnded);
  EXPECT_EQ(later.talk.answered, 1);
}

TEST(Relay, AFrameCutShort) {
  const Heard heard = converse(1, [](const Peer& peer) {
    peer.say("[0,\"ready\"]");
    peer.hear();
    peer.raw(framed(value(1)).substr(0, 9));
  });
  EXPECT_EQ(heard.talk.end, End::kAnswerEnded);
  EXPECT_TRUE(heard.trusted.empty());
}

// Every one of these is a fault of the answer, and nothing of it reaches the trusted side.
TEST(Relay, ForgedFrames) {
  const std::vector<std::pair<std::string, std::string>> firsts = {
      {"a value as first word", value(1)}, {"a report", R"({"nonce":"","status":"passed","detail":""})"}, {"no JSON", "passed"}, {"nothing", ""}};
  for (const auto& [name, body] : firsts) {
    const Heard heard = converse(1, [body = body](const Peer& peer) {
      peer.say(body);
      peer.hear();
    });
    EXPECT_EQ(heard.talk.end, End::kAnswerMalformed) << name;
    EXPECT_TRUE(heard.trusted.empty()) << name;
  }
  const std::vector<std::pair<std::string, std::string>> replies = {
      {"a later number", value(2)}, {"an earlier number", "[0,\"ready\"]"}, {"an unknown tag", "[1,\"value\",{\"q\":1}]"}, {"a request", R"([1,"f",[1],{"d":[]}])"}};
  for (const auto& [name, body] : replies) {
    const Heard heard = converse(1, [body = body](const Peer& peer) { serve(peer, [&](int) { peer.say(body); }); });
    EXPECT_EQ(heard.talk.end, End::kAnswerMalformed) << name;
    EXPECT_TRUE(heard.trusted.empty()) << name;
  }
  const Heard huge = converse(1, [](const Peer& peer) {
    peer.raw(std::string("\xff\xff\xff\x7f", 4));
    peer.hear();
  });
  EXPECT_EQ(huge.talk.end, End::kAnswerMalformed);
}

TEST(Relay, DuplicateFramesAreFoundInTheMiddleAndAtTheEnd) {
  const auto twice = [](const Peer& peer) {
    serve(peer, [&](int n) { peer.raw(framed(value(n)) + framed(value(n))); });
  };
  EXPECT_EQ(converse(2, twice).talk.end, End::kAnswerMalformed);
  const Heard last = converse(1, twice);
  EXPECT_EQ(last.talk.end, End::kTrustedDone);
  EXPECT_EQ(last.farewell, Farewell::kSpoke);
  EXPECT_EQ(converse(1, [](const Peer& peer) {
              serve(peer, [&](int n) { peer.say(value(n)); });
              peer.raw("x");  // less than a frame
            }).farewell,
            Farewell::kSpoke);
}

TEST(Relay, RepliesBeforeTheirRequest) {
  const Heard heard = converse(1, [](const Peer& peer) {
    peer.raw(framed("[0,\"ready\"]") + framed(value(1)) + framed(value(2)));
    while (!peer.hear().empty()) {
    }
  });
  EXPECT_TRUE(heard.talk.end == End::kAnswerMalformed || heard.farewell == Farewell::kSpoke);
}

TEST(Relay, ALateAnswerEndsTheConversation) {
  RelayRules rules;
  rules.answer_seconds = 0.05;
  EXPECT_EQ(converse(1, [](const Peer& peer) { while (!peer.hear().empty()) {} }, rules).talk.end, End::kAnswerLate);
  const Heard heard = converse(1, [](const Peer& peer) { serve(peer, [](int) {}); }, rules);
  EXPECT_EQ(heard.talk.end, End::kAnswerLate);
  EXPECT_EQ(heard.talk.function, "f");
}

TEST(Relay, ALateTrustedSideIsNotTheAnswersFault) {
  RelayRules rules;
  rules.trusted_seconds = 0.05;
  ProxyChannel to_trusted, to_answer;
  Peer{to_answer.theirs()}.say("[0,\"ready\"]");
  const Conversation talk = relay(to_trusted, to_answer, rules);
  EXPECT_EQ(talk.end, End::kTrustedDone);
  EXPECT_EQ(talk.answered, 0);
}

TEST(Relay, TheLeaseEndsIt) {
  RelayRules rules;
  rules.out_of_time = [] { return true; };
  EXPECT_EQ(converse(1, [](const Peer& peer) { peer.hear(); }, rules).talk.end, End::kOutOfTime);
}

TEST(Relay, AnAnswerThatNeverReadsDoesNotBlock) {
  RelayRules rules;
  rules.answer_seconds = 0.2;
  rules.entries = {"f"};
  ProxyChannel to_trusted, to_answer;
  Peer{to_answer.theirs()}.say("[0,\"ready\"]");
  std::thread trusted([&] { Peer{to_trusted.theirs()}.say("[1,\"f\",[\"" + std::string(3 << 20, 'a') + "\"],{\"d\":[]}]"); });
  EXPECT_EQ(relay(to_trusted, to_answer, rules).end, End::kAnswerLate);
  trusted.join();
}

TEST(Relay, OnlyTheTestedFunctionsMayBeCalled) {
  RelayRules rules;
  rules.entries = {"g"};
  ProxyChannel to_trusted, to_answer;
  Peer{to_answer.theirs()}.say("[0,\"ready\"]");
  Peer{to_trusted.theirs()}.say(R"([1,"f",[],{"d":[]}])");
  EXPECT_EQ(relay(to_trusted, to_answer, rules).end, End::kTrustedMalformed);
}

}  // namespace
}  // namespace laconic::verifiers::code
