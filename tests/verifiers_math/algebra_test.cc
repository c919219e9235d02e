// The helper laconic-algebra, its programs and its client; hostile programs, and helpers that misbehave.
#include "verifiers/math/algebra_client.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "tests/verifiers_math/equality_support.h"
#include "tests/verifiers_math/plain_expr.h"
#include "verifiers/math/algebra/program.h"
#include "verifiers/math/algebra/protocol.h"
#include "verifiers/math/algebra_program.h"

namespace laconic::verifiers::math {
namespace {

using Kind = AlgebraAnswer::Kind;

std::string program(const std::string& text) {
  Work work(20'000'000);
  const AlgebraProgram out = write_algebra_program(*test::plain(text), work);
  EXPECT_EQ(out.state, AlgebraProgram::State::kWritten) << text;
  return out.bytes;
}

std::string number(const std::string& digits) {
  const auto length = static_cast<std::uint32_t>(digits.size());
  return "#" + std::string(reinterpret_cast<const char*>(&length), sizeof length) + digits;
}

bool well_formed(const std::string& bytes) { return algebra_well_formed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}) != 0; }

TEST(AlgebraProgram, Written) {
  EXPECT_EQ(program("1/2+1/3"), number("5/6"));
  EXPECT_EQ(program("sqrt(2)"), number("2") + "r");
  EXPECT_EQ(program("cbrt(-pi)"), "p--" + number("1/3") + "^-");  // real odd roots
  EXPECT_EQ(program("cot(1)"), number("1") + "c" + number("1") + "s/");
  EXPECT_EQ(program("sum(sqrt(k),k,2,3)"), number("0") + number("2") + "r+" + number("3") + "r+");
  EXPECT_EQ(program("floor(10*pi)"), number("31"));
  struct Row {
    const char* text;
    AlgebraProgram::State state;
  };
  constexpr Row kRows[] = {{"sum(sqrt(k),k,1,1000)", AlgebraProgram::State::kTooLarge}, {"sqrt(3^18000)+pi", AlgebraProgram::State::kTooLarge}, {"floor(sqrt(2)*sqrt(2))+pi", AlgebraProgram::State::kNotExpressible},
                           {"max(sqrt(2)^2,2)+pi", AlgebraProgram::State::kNotExpressible}, {"inf+pi", AlgebraProgram::State::kNotExpressible}};
  for (const Row& row : kRows) {
    Work work(20'000'000);
    EXPECT_EQ(write_algebra_program(*test::plain(row.text), work).state, row.state) << row.text;
  }
}

TEST(AlgebraProgram, Checked) {
  EXPECT_TRUE(well_formed("p"));
  EXPECT_TRUE(well_formed(number("-12/7") + "r"));
  for (const std::string& bad : {std::string(), std::string("pp"), std::string("+"), std::string("p+"), std::string("?"), std::string("#"), std::string("#\xff\xff\xff\xff"), number(""), number("-"), number("1/"), number("/2"),
                                 number("1/0"), number("1/00"), number("1e5"), number("1/2/3"), number(std::string(ALGEBRA_MAX_DIGITS + 1, '1')), std::string(ALGEBRA_MAX_STACK + 1, 'p') + std::string(ALGEBRA_MAX_STACK, '+'),
                                 "p" + std::string(ALGEBRA_MAX_STEPS, '-')})
    EXPECT_FALSE(well_formed(bad)) << bad.substr(0, 40);
}

TEST(AlgebraReply, TrustsNothing) {
  algebra_reply reply{ALGEBRA_MAGIC, ALGEBRA_EQUAL, ALGEBRA_COMPARISON, 0, 5, 6, 7};
  const auto bytes = [&] { return std::string_view(reinterpret_cast<const char*>(&reply), sizeof reply); };
  EXPECT_EQ(read_algebra_reply(bytes())->kind, Kind::kEqual);
  EXPECT_EQ(read_algebra_reply(bytes())->allocations, 5u);
  EXPECT_FALSE(read_algebra_reply(bytes().substr(1)));
  EXPECT_FALSE(read_algebra_reply({}));
  reply.result = 77;
  EXPECT_FALSE(read_algebra_reply(bytes()));
  reply.result = ALGEBRA_EQUAL;
  reply.phase = 4;
  EXPECT_FALSE(read_algebra_reply(bytes()));
  reply.phase = 0;  // equal before anything was evaluated
  EXPECT_FALSE(read_algebra_reply(bytes()));
  reply.phase = ALGEBRA_GOLD;
  EXPECT_EQ(read_algebra_reply(bytes())->kind, Kind::kFault);  // equal while only the gold was read
  // An abort is a typed result of the side that caused it; a crash and the backstops are faults anywhere.
  constexpr std::uint32_t kPhases[] = {ALGEBRA_GOLD, ALGEBRA_PREDICTION, ALGEBRA_COMPARISON};
  constexpr Kind kAborted[] = {Kind::kGoldBad, Kind::kPredictionBad, Kind::kUnknown};
  for (int i = 0; i < 3; ++i) {
    reply.phase = kPhases[i];
    reply.result = ALGEBRA_ABORTED;
    EXPECT_EQ(read_algebra_reply(bytes())->kind, kAborted[i]);
    for (const std::uint32_t fault : {ALGEBRA_CRASHED, ALGEBRA_TIME, ALGEBRA_MEMORY, ALGEBRA_MALFORMED}) {
      reply.result = fault;
      EXPECT_EQ(read_algebra_reply(bytes())->kind, Kind::kFault);
    }
  }
  reply.magic = 1;
  EXPECT_FALSE(read_algebra_reply(bytes()));
}

class AlgebraHelper : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::built_helper().empty()) GTEST_SKIP() << "laconic-algebra is not in LACONIC_BUILD: built without FLINT, Arb or Calcium?";
  }
};

struct Hostile {
  const char *gold, *prediction;
  Kind kind;
};
// Counted work ends these, on the side that caused it, everywhere alike.
constexpr Hostile kHostile[] = {
    {"(sqrt(2)+sqrt(3))^2", "5+2*sqrt(6)", Kind::kEqual},
    {"4*arctan(1/5)-arctan(1/239)", "pi/4", Kind::kEqual},
    {"sqrt(2)+sqrt(3)", "pi", Kind::kDifferent},
    {"sum(e^(2*pi*i*k/31),k,1,30)", "-1", Kind::kGoldBad},
    {"-1", "sum(e^(2*pi*i*k/31),k,1,30)", Kind::kPredictionBad},
    {"1", "sum(cos(2*pi*k/97),k,1,96)", Kind::kPredictionBad},
    {"1", "sum(log(k+1/k),k,2,100)", Kind::kPredictionBad},
    {"(1+cos(1)+sin(2)+log(3))^40", "((1+cos(1)+sin(2)+log(3))^20)^2", Kind::kPredictionBad},
    {"1", "(sqrt(2)+sqrt(3)+sqrt(5)+sqrt(7)+sqrt(11)+sqrt(13)+sqrt(17)+sqrt(19)+sqrt(23))^2", Kind::kPredictionBad},
    {"1", "prod(root(k,k),k,2,40)", Kind::kPredictionBad},
    {"1", "tan(pi/2)", Kind::kPredictionBad},
    {"1/(sqrt(2)^2-2)", "1", Kind::kGoldBad},
    {"9^(9^9)", "9^(9^9)+1", Kind::kDifferent},
    {"9^38742048", "3^77484096", Kind::kEqual},
    {"sin(10^(10^6))", "sin(10^(10^6))+1", Kind::kUnknown},
};

TEST_F(AlgebraHelper, HostilePrograms) {
  AlgebraClient client(test::built_helper(), 1);
  for (const Hostile& row : kHostile) {
    const std::string gold = program(row.gold), prediction = program(row.prediction);
    const AlgebraAnswer first = client.compare(gold, prediction), second = client.compare(gold, prediction);
    EXPECT_EQ(static_cast<int>(first.kind), static_cast<int>(row.kind)) << row.gold << " ~ " << row.prediction << ": " << first.detail;
    EXPECT_EQ(static_cast<int>(second.kind), static_cast<int>(first.kind)) << row.gold;
    EXPECT_EQ(first.allocations, second.allocations) << row.gold;  // counts repeat exactly
    EXPECT_EQ(first.bytes, second.bytes) << row.gold;
    EXPECT_LE(first.allocations, 12001u) << row.gold;
  }
}

TEST_F(AlgebraHelper, CountsDoNotDependOnWhatCameBefore) {
  AlgebraClient fresh(test::built_helper(), 1), used(test::built_helper(), 1);
  const std::string a = program("cbrt(2+sqrt(5))+cbrt(2-sqrt(5))"), one = program("1");
  for (const Hostile& row : kHostile) used.compare(program(row.gold), program(row.prediction));
  const AlgebraAnswer x = fresh.compare(a, one), y = used.compare(a, one);
  EXPECT_EQ(static_cast<int>(x.kind), static_cast<int>(Kind::kEqual));
  EXPECT_EQ(x.allocations, y.allocations);
  EXPECT_EQ(x.bytes, y.bytes);
}

TEST_F(AlgebraHelper, MutatedProgramsNeverEndIt) {
  AlgebraClient client(test::built_helper(), 1, 60);
  std::mt19937 random(3);
  const std::string seeds[] = {program("sqrt(2)+cbrt(3)*e^(pi*i/3)"), program("log(2)*arctan(1/3)-sin(1)^(1/2)"), number("355/113") + "l" + number("2") + "^"};
  const std::string bytes = "#pei+*-/^rxlsctSCTaRIj0123456789";
  int answered = 0;
  for (int i = 0; i < 400; ++i) {
    std::string mutated[2] = {seeds[random() % 3], seeds[random() % 3]};
    for (std::string& one : mutated) {
      for (int k = static_cast<int>(random() % 6); k >= 0; --k) {
        char& byte = one[random() % one.size()];
        // Mostly another operation with as many arguments, or another digit; at times anything.
        std::string_view likes = bytes;
        for (const std::string_view group : {"pei", "+*/^", "-rxlsctSCTaRIj", "0123456789"}) {
          if (random() % 16 && group.find(byte) != std::string_view::npos) likes = group;
        }
        if (likes != bytes || random() % 16 == 0) byte = likes[random() % likes.size()];
      }
    }
    if (!well_formed(mutated[0]) || !well_formed(mutated[1])) {
      if (i % 20) continue;  // refused before anything is evaluated; a few go through the pipe
      EXPECT_EQ(static_cast<int>(client.compare(mutated[0], mutated[1]).kind), static_cast<int>(Kind::kFault));
      continue;
    }
    const AlgebraAnswer answer = client.compare(mutated[0], mutated[1]);
    EXPECT_NE(static_cast<int>(answer.kind), static_cast<int>(Kind::kFault)) << answer.detail;
    ++answered;
  }
  EXPECT_GT(answered, 20);
  EXPECT_EQ(static_cast<int>(client.compare(program("sqrt(8)"), program("2*sqrt(2)")).kind), static_cast<int>(Kind::kEqual));
}

TEST_F(AlgebraHelper, ManyThreadsShareFewHelpers) {
  AlgebraClient client(test::built_helper(), 2);
  const std::string a = program("sqrt(5+2*sqrt(6))"), b = program("sqrt(2)+sqrt(3)"), c = program("sqrt(2)+sqrt(5)");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(static_cast<int>(client.compare(a, b).kind), static_cast<int>(Kind::kEqual));
        EXPECT_EQ(static_cast<int>(client.compare(a, c).kind), static_cast<int>(Kind::kDifferent));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Helpers that misbehave, as scripts.
class Misbehaving : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("laconic-algebra-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string script(const std::string& body) {
    const auto path = folder_ / "helper.sh";
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    chmod(path.c_str(), 0755);
    return path.string();
  }
  std::filesystem::path folder_;
};

TEST_F(Misbehaving, IsAFaultAndNeverAVerdict) {
  const std::string one = number("1");
  for (const char* body : {"exit 0", "exit 1", "kill -9 $$", "head -c 4096 /dev/zero", "echo 'Segmentation fault, but politely and at some length'; cat > /dev/null", "exec sleep 600"}) {
    AlgebraClient client(script(body), 1, 0.2);
    const AlgebraAnswer answer = client.compare(one, one);
    EXPECT_EQ(static_cast<int>(answer.kind), static_cast<int>(Kind::kFault)) << body;
    EXPECT_FALSE(answer.detail.empty());
  }
  AlgebraClient missing((folder_ / "nothing").string(), 1, 0.2);
  EXPECT_EQ(static_cast<int>(missing.compare(one, one).kind), static_cast<int>(Kind::kFault));
  AlgebraClient none("", 1);
  EXPECT_FALSE(none.available());
  EXPECT_EQ(static_cast<int>(none.compare(one, one).kind), static_cast<int>(Kind::kAbsent));
}

TEST_F(Misbehaving, OnceIsRetried) {
  if (test::built_helper().empty()) GTEST_SKIP() << "laconic-algebra was not built";
  const std::string mark = (folder_ / "died").string();
  AlgebraClient client(script("if [ -e " + mark + " ]; then exec " + test::built_helper() + "; fi; touch " + mark + "; exit 1"), 1);
  EXPECT_EQ(static_cast<int>(client.compare(number("1"), number("2/2")).kind), static_cast<int>(Kind::kEqual));
  EXPECT_TRUE(std::filesystem::exists(mark));
}

}  // namespace
}  // namespace laconic::verifiers::math
