// The system call filter, interpreted: every call of the table, arguments with high bits, other tables.
#include "sandbox/filter.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace laconic::sandbox {
namespace {

std::uint32_t interpret(const Filter& filter, const seccomp_data& data) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < filter.size(); ++at) {
    const sock_filter& i = filter[at];
    switch (i.code) {
      case BPF_LD | BPF_W | BPF_ABS: std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, sizeof a); break;
      case BPF_ALU | BPF_AND | BPF_K: a &= i.k; break;
      case BPF_JMP | BPF_JA: at += i.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += a == i.k ? i.jt : i.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += a >= i.k ? i.jt : i.jf; break;
      case BPF_RET | BPF_K: return i.k;
      default: ADD_FAILURE() << "instruction " << i.code; return 0;
    }
  }
  ADD_FAILURE() << "ran over the end";
  return 0;
}

std::uint32_t ask(const Filter& filter, long number, std::uint64_t first = 0, std::uint64_t second = 0, std::uint64_t fourth = 0,
                  std::uint32_t arch = AUDIT_ARCH_X86_64) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = arch;
  data.args[0] = first;
  data.args[1] = second;
  data.args[3] = fourth;
  return interpret(filter, data);
}

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW, kKill = SECCOMP_RET_USER_NOTIF;
constexpr std::uint32_t error(int number) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number); }
constexpr std::uint64_t kHigh = std::uint64_t{1} << 32;

TEST(Filter, EveryCallOfTheTable) {
  for (const bool group : {true, false}) {
    const Filter filter = make_filter(group, false);
    const auto expect = [&](const char* name, std::uint32_t action) {
      const int number = seccomp_syscall_resolve_name(name);
      if (number >= 0) EXPECT_EQ(ask(filter, number), action) << name;
    };
#define ALLOW(name) expect(#name, kAllow);
#define WITH_GROUP(name) expect(#name, group ? kAllow : error(ENOSYS));
#define REFUSE(name) expect(#name, error(EPERM));
#define KILL(name) expect(#name, kKill);
#include "sandbox/calls.def"
    expect("clone3", error(ENOSYS));
    expect("mq_open", error(ENOSYS));
    for (const int number : {500, 1000, 100'000}) EXPECT_EQ(ask(filter, number), error(ENOSYS)) << number;
  }
}

TEST(Filter, OtherTablesAreKilled) {
  const Filter filter = make_filter(true, true);
  EXPECT_EQ(ask(filter, SYS_read | 0x40000000), kKill);
  EXPECT_EQ(ask(filter, -1), kKill);
  EXPECT_EQ(ask(filter, SYS_read, 0, 0, 0, AUDIT_ARCH_I386), kKill);
  EXPECT_EQ(call_name(AUDIT_ARCH_I386, 26), "i386:ptrace");
  EXPECT_EQ(call_name(AUDIT_ARCH_X86_64, SYS_ptrace), "ptrace");
  EXPECT_EQ(call_name(AUDIT_ARCH_X86_64, 9999), "call 9999");
}

TEST(Filter, Arguments) {
  const Filter plain = make_filter(true, false), internet = make_filter(true, true), ungrouped = make_filter(false, false);
  EXPECT_EQ(ask(plain, SYS_clone, SIGCHLD), kAllow);
  EXPECT_EQ(ask(plain, SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND), kAllow);
  for (const std::uint64_t flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_PARENT})
    for (const std::uint64_t high : {std::uint64_t{0}, kHigh}) EXPECT_EQ(ask(plain, SYS_clone, flag | high | SIGCHLD), kKill) << flag;
  EXPECT_EQ(ask(plain, SYS_socket, AF_UNIX), kAllow);
  EXPECT_EQ(ask(plain, SYS_socket, AF_UNIX | kHigh), error(EAFNOSUPPORT));
  for (const int family : {AF_INET, AF_INET6}) {
    EXPECT_EQ(ask(plain, SYS_socket, family), error(EAFNOSUPPORT));
    EXPECT_EQ(ask(internet, SYS_socket, family), kAllow);
    EXPECT_EQ(ask(internet, SYS_socket, family | kHigh), error(EAFNOSUPPORT));
  }
  for (const int family : {AF_UNSPEC, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG}) EXPECT_EQ(ask(internet, SYS_socket, family), error(EAFNOSUPPORT));
  EXPECT_EQ(ask(internet, SYS_socketpair, AF_INET), error(EAFNOSUPPORT));
  EXPECT_EQ(ask(plain, SYS_prctl, PR_SET_NAME), kAllow);
  EXPECT_EQ(ask(plain, SYS_prctl, PR_SET_SECCOMP), kKill);
  EXPECT_EQ(ask(plain, SYS_prctl, PR_SET_SECCOMP | kHigh), kKill);
  EXPECT_EQ(ask(plain, SYS_prctl, PR_SET_NAME | kHigh), error(EINVAL));
  EXPECT_EQ(ask(plain, SYS_prlimit64, 0), kAllow);
  EXPECT_EQ(ask(plain, SYS_prlimit64, 1), error(EPERM));
  EXPECT_EQ(ask(plain, SYS_prlimit64, kHigh), error(EPERM));
  EXPECT_EQ(ask(plain, SYS_personality, 0xffffffff), kAllow);
  for (const std::uint64_t value : {std::uint64_t{0x0400000}, std::uint64_t{0}, kHigh | 0xffffffff}) EXPECT_EQ(ask(plain, SYS_personality, value), kKill);
  EXPECT_EQ(ask(plain, SYS_fcntl, 0, F_GETFL), kAllow);
  EXPECT_EQ(ask(plain, SYS_fcntl, 0, F_SETLK), error(ENOLCK));
  EXPECT_EQ(ask(plain, SYS_ioctl, 0, 0x5412 /* TIOCSTI */), error(ENOTTY));
  EXPECT_EQ(ask(plain, SYS_ioctl, 0, kHigh | 0x5401 /* TCGETS */), error(ENOTTY));
  for (const int type : {MAP_SHARED, MAP_SHARED_VALIDATE}) {
    EXPECT_EQ(ask(plain, SYS_mmap, 0, 0, type | MAP_ANONYMOUS), kAllow);
    EXPECT_EQ(ask(ungrouped, SYS_mmap, 0, 0, type | MAP_ANONYMOUS), error(ENOMEM));
    EXPECT_EQ(ask(ungrouped, SYS_mmap, 0, 0, type | MAP_ANONYMOUS | kHigh), error(ENOMEM));
    EXPECT_EQ(ask(ungrouped, SYS_mmap, 0, 0, type), kAllow);
  }
  EXPECT_EQ(ask(ungrouped, SYS_mmap, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS), kAllow);
}

TEST(Filter, ShortEnoughToBeTranslatedForEachRun) { EXPECT_LT(make_filter(true, true).size(), 400u); }

}  // namespace
}  // namespace laconic::sandbox
