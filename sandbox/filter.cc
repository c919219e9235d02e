#include "sandbox/filter.h"

#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>

#include "base/error.h"

namespace laconic::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64, kOtherTable = 0x40000000;  // x32's calls have this bit
#elif defined(__aarch64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_AARCH64, kOtherTable = 0x40000000;
#else
#error "the sandbox's filter knows x86-64 and arm64"
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW, kKill = SECCOMP_RET_USER_NOTIF;
constexpr std::uint32_t refuse(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

struct NamedAction {
  const char* name;
  std::uint32_t action;
  bool with_group_only = false;
};
constexpr NamedAction kCalls[] = {
#define ALLOW(name) {#name, kAllow},
#define WITH_GROUP(name) {#name, kAllow, true},
#define REFUSE(name) {#name, refuse(EPERM)},
#define KILL(name) {#name, kKill},
#include "sandbox/calls.def"
    // Locks on files that two answers can both open would let one signal to the other.
    {"flock", refuse(ENOLCK)},
};

// A call decided by one argument: the first case that fits, else `otherwise`. A case with the mask kWhole
// compares all 64 bits, so that a number with high bits set, which the kernel would cut off, is none.
constexpr std::uint32_t kWhole = 0;
struct Case {
  std::uint32_t mask, value, action;
};
struct ByArgument {
  const char* name;
  int argument;
  std::vector<Case> cases;
  std::uint32_t otherwise;
};

std::vector<Case> allow_values(std::initializer_list<std::uint32_t> values) {
  std::vector<Case> cases;
  for (const std::uint32_t value : values) cases.push_back({kWhole, value, kAllow});
  return cases;
}

std::vector<ByArgument> rules(bool with_group, bool internet) {
  std::vector<ByArgument> all;
  // A clone with any of these: a new namespace, a child that is not below us, a traced child.
  constexpr std::uint32_t kCloneKilled = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                         CLONE_PARENT | CLONE_PTRACE;
  all.push_back({"clone", 0, {{kCloneKilled, 0, kAllow}}, kKill});
  all.push_back({"ioctl", 1, allow_values({TCGETS, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIOASYNC}), refuse(ENOTTY)});
  ByArgument fcntl{"fcntl", 1,
                   allow_values({F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX, F_GETOWN_EX,
                                 F_DUPFD_CLOEXEC, F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS}),
                   refuse(EINVAL)};
  for (const int lock : {F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY})
    fcntl.cases.push_back({kWhole, static_cast<std::uint32_t>(lock), refuse(ENOLCK)});
  all.push_back(std::move(fcntl));
  constexpr std::uint32_t kNameMapping = 0x53564d41;  // PR_SET_VMA
  ByArgument prctl{"prctl", 0,
                   allow_values({PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_GET_KEEPCAPS, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP,
                                 PR_CAPBSET_READ, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_TID_ADDRESS,
                                 PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, kNameMapping}),
                   refuse(EINVAL)};
  prctl.cases.push_back({0xffffffff, PR_SET_SECCOMP, kKill});
  all.push_back(std::move(prctl));
  // Its own limits only: init's are what ends the run.
  all.push_back({"prlimit64", 0, allow_values({0}), refuse(EPERM)});
  // A query is harmless; a change makes memory executable or undoes the layout's randomness.
  all.push_back({"personality", 0, allow_values({0xffffffff}), kKill});
  // Without a group, shared memory without a name would outlive the processes that touched it, unseen.
  if (!with_group) all.push_back({"mmap", 3, {{MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, refuse(ENOMEM)}}, kAllow});
  all.push_back({"socketpair", 0, allow_values({AF_UNIX}), refuse(EAFNOSUPPORT)});
  all.push_back({"socket", 0, internet ? allow_values({AF_UNIX, AF_INET, AF_INET6}) : allow_values({AF_UNIX}), refuse(EAFNOSUPPORT)});
  return all;
}

constexpr sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
constexpr sock_filter give(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
constexpr sock_filter branch(std::uint16_t test, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
  return BPF_JUMP(BPF_JMP | test | BPF_K, value, static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false));
}
void append(Filter& to, const Filter& part) { to.insert(to.end(), part.begin(), part.end()); }

Filter code_of(const ByArgument& rule) {
  const std::size_t low = offsetof(seccomp_data, args) + 8 * rule.argument, high = low + 4;  // little-endian
  Filter code;
  for (std::size_t i = 0; i < rule.cases.size();) {
    const Case& c = rule.cases[i];
    if (c.mask != kWhole) {
      append(code, {load(low), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c.mask), branch(BPF_JEQ, c.value, 0, 1), give(c.action)});
      ++i;
      continue;
    }
    std::size_t end = i;  // values with the same answer share it
    while (end < rule.cases.size() && rule.cases[end].mask == kWhole && rule.cases[end].action == c.action) ++end;
    const std::size_t count = end - i;
    append(code, {load(high), branch(BPF_JEQ, 0, 0, count + 2), load(low)});
    for (; i < end; ++i) code.push_back(branch(BPF_JEQ, rule.cases[i].value, end - i - 1, i + 1 == end ? 1 : 0));
    code.push_back(give(c.action));
  }
  code.push_back(give(rule.otherwise));
  return code;
}

// From `first` on, up to the next one's, calls are decided by `code`.
struct Range {
  std::uint32_t first;
  Filter code;
};

// Searches in halves. A conditional jump reaches 255 instructions, so the far half may need a long jump.
Filter search(const Range* begin, const Range* end) {
  if (end - begin == 1) return begin->code;
  const Range* middle = begin + (end - begin) / 2;
  const Filter below = search(begin, middle), above = search(middle, end);
  Filter code;
  if (below.size() <= 255) {
    code.push_back(branch(BPF_JGE, middle->first, below.size(), 0));
  } else {
    code.push_back(branch(BPF_JGE, middle->first, 0, 1));
    code.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(below.size())));
  }
  append(code, below);
  append(code, above);
  return code;
}

bool same(const Filter& a, const Filter& b) {
  return a.size() == 1 && b.size() == 1 && a[0].code == b[0].code && a[0].k == b[0].k;  // both give one answer
}

}  // namespace

Filter make_filter(bool with_group, bool internet) {
  std::map<std::uint32_t, Filter> calls;  // number → what decides
  const auto set = [&](const char* name, Filter code) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;  // newer than this libseccomp: unknown, refused
    if (number >= 0) calls[static_cast<std::uint32_t>(number)] = std::move(code);
  };
  for (const NamedAction& call : kCalls) set(call.name, {give(call.with_group_only && !with_group ? refuse(ENOSYS) : call.action)});
  if (with_group) set("mmap", {give(kAllow)});
  for (const ByArgument& rule : rules(with_group, internet)) set(rule.name, code_of(rule));
  if (calls.size() < 300) throw Error("libseccomp knows only " + std::to_string(calls.size()) + " of the calls in the sandbox's table", "sandbox");

  const Filter unknown = {give(refuse(ENOSYS))};
  std::vector<Range> ranges = {{0, unknown}};
  const auto from = [&](std::uint32_t first, const Filter& code) {
    if (ranges.back().first == first) ranges.back().code = code;
    else if (!same(ranges.back().code, code)) ranges.push_back({first, code});
  };
  for (const auto& [number, code] : calls) {
    from(number, code);
    if (!calls.count(number + 1)) from(number + 1, unknown);
  }
  from(kOtherTable, {give(kKill)});

  Filter filter = {load(offsetof(seccomp_data, arch)), branch(BPF_JEQ, kArch, 1, 0), give(kKill), load(offsetof(seccomp_data, nr))};
  append(filter, search(ranges.data(), ranges.data() + ranges.size()));
  return filter;
}

std::string call_name(std::uint32_t arch, int number) {
  constexpr int kX32Bit = 0x40000000;
  std::string prefix;
  if (arch == SCMP_ARCH_X86) {
    prefix = "i386:";
  } else if (arch == SCMP_ARCH_X86_64 && (number & kX32Bit)) {
    prefix = "x32:";
    number &= ~kX32Bit;
  }
  const std::unique_ptr<char, void (*)(char*)> name(seccomp_syscall_resolve_num_arch(arch, number), [](char* text) { std::free(text); });
  return prefix + (name ? std::string(name.get()) : "call " + std::to_string(number));
}

}  // namespace laconic::sandbox
