#include "sandbox/filter.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"

namespace laconic::sandbox {
namespace {

constexpr const char* kAllowed[] = {
#define ALLOW(name) #name,
#include "sandbox/calls.def"
};
constexpr const char* kWithGroup[] = {
#define WITH_GROUP(name) #name,
#include "sandbox/calls.def"
};
constexpr const char* kRefused[] = {
#define REFUSE(name) #name,
#include "sandbox/calls.def"
};
constexpr const char* kKilled[] = {
#define KILL(name) #name,
#include "sandbox/calls.def"
};

// Only these commands of calls that multiplex many. Comparisons are of all 64 bits, so a number with
// high bits set, which the kernel would cut off, is none of them.
constexpr std::uint64_t kIoctls[] = {TCGETS, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIOASYNC};
constexpr std::uint64_t kFcntls[] = {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX,
                                     F_GETOWN_EX, F_DUPFD_CLOEXEC, F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS};
// Locks on files that two answers can both open would let one signal to the other.
constexpr std::uint64_t kFcntlLocks[] = {F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY};
constexpr std::uint64_t kPrctls[] = {PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_GET_KEEPCAPS, PR_SET_NAME, PR_GET_NAME,
                                     PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS,
                                     PR_GET_TID_ADDRESS, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, 0x53564d41 /* PR_SET_VMA: names a mapping */};
// A clone with any of these: a new namespace, a child that is not below us, a traced child.
constexpr std::uint64_t kCloneKilled[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
                                          CLONE_PARENT, CLONE_PTRACE};

class Maker {
 public:
  Maker() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release) {
    check(context_ ? 0 : -ENOMEM, "seccomp_init");
    set(SCMP_FLTATR_CTL_NNP, 0);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY);  // 32-bit calls and x32
  }

  template <class... Comparisons>
  void rule(std::uint32_t action, const char* name, Comparisons... comparisons) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0) return;  // not known to this libseccomp, or not of this machine: the default holds
    const scmp_arg_cmp list[] = {comparisons..., scmp_arg_cmp{}};
    check(seccomp_rule_add_array(context_.get(), action, number, sizeof...(comparisons), list), name);
  }

  Filter take() {
    const int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0) throw Error("cannot make a memory file: " + std::string(std::strerror(errno)));
    int status = seccomp_export_bpf(context_.get(), fd);
    const off_t size = lseek(fd, 0, SEEK_END);
    Filter filter(size > 0 ? size / sizeof(sock_filter) : 0);
    if (status == 0 && pread(fd, filter.data(), size, 0) != size) status = -EIO;
    close(fd);
    check(status, "seccomp_export_bpf");
    return filter;
  }

 private:
  void set(scmp_filter_attr attribute, std::uint32_t value) { check(seccomp_attr_set(context_.get(), attribute, value), "seccomp_attr_set"); }
  static void check(int status, const char* what) {
    if (status < 0) throw Error("the system call filter cannot be made: " + std::string(what) + ": " + std::strerror(-status), "sandbox");
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

}  // namespace

Filter make_filter(bool with_group, bool internet) {
  Maker maker;
  for (const char* name : kAllowed) maker.rule(SCMP_ACT_ALLOW, name);
  if (with_group)
    for (const char* name : kWithGroup) maker.rule(SCMP_ACT_ALLOW, name);
  for (const char* name : kRefused) maker.rule(SCMP_ACT_ERRNO(EPERM), name);
  for (const char* name : kKilled) maker.rule(SCMP_ACT_NOTIFY, name);

  std::uint64_t clone_mask = 0;
  for (const std::uint64_t flag : kCloneKilled) {
    clone_mask |= flag;
    maker.rule(SCMP_ACT_NOTIFY, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
  }
  maker.rule(SCMP_ACT_ALLOW, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, clone_mask, 0));

  for (const std::uint64_t command : kIoctls) maker.rule(SCMP_ACT_ALLOW, "ioctl", SCMP_A1(SCMP_CMP_EQ, command));
  for (const std::uint64_t command : kFcntls) maker.rule(SCMP_ACT_ALLOW, "fcntl", SCMP_A1(SCMP_CMP_EQ, command));
  for (const std::uint64_t command : kFcntlLocks) maker.rule(SCMP_ACT_ERRNO(ENOLCK), "fcntl", SCMP_A1(SCMP_CMP_EQ, command));
  maker.rule(SCMP_ACT_ERRNO(ENOLCK), "flock");
  for (const std::uint64_t option : kPrctls) maker.rule(SCMP_ACT_ALLOW, "prctl", SCMP_A0(SCMP_CMP_EQ, option));
  maker.rule(SCMP_ACT_NOTIFY, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
  // Without a group, shared memory without a name would outlive the processes that touched it unseen.
  constexpr std::uint64_t kType = MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS;
  if (with_group) {
    maker.rule(SCMP_ACT_ALLOW, "mmap");
  } else {
    for (const std::uint64_t type : {std::uint64_t{MAP_PRIVATE}, std::uint64_t{MAP_PRIVATE | MAP_ANONYMOUS}, std::uint64_t{MAP_SHARED},
                                     std::uint64_t{MAP_SHARED | MAP_PRIVATE} /* MAP_SHARED_VALIDATE */})
      maker.rule(SCMP_ACT_ALLOW, "mmap", SCMP_A3(SCMP_CMP_MASKED_EQ, kType, type));
    for (const std::uint64_t type : {std::uint64_t{MAP_SHARED | MAP_ANONYMOUS}, std::uint64_t{MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS}})
      maker.rule(SCMP_ACT_ERRNO(ENOMEM), "mmap", SCMP_A3(SCMP_CMP_MASKED_EQ, kType, type));
  }
  // Its own limits only: init's are what ends the run.
  maker.rule(SCMP_ACT_ALLOW, "prlimit64", SCMP_A0(SCMP_CMP_EQ, 0));
  maker.rule(SCMP_ACT_ERRNO(EPERM), "prlimit64", SCMP_A0(SCMP_CMP_NE, 0));
  // A query is harmless; a change makes memory executable or undoes the layout's randomness.
  maker.rule(SCMP_ACT_ALLOW, "personality", SCMP_A0(SCMP_CMP_EQ, 0xffffffff));
  maker.rule(SCMP_ACT_NOTIFY, "personality", SCMP_A0(SCMP_CMP_LT, 0xffffffff));
  maker.rule(SCMP_ACT_NOTIFY, "personality", SCMP_A0(SCMP_CMP_GT, 0xffffffff));

  maker.rule(SCMP_ACT_ALLOW, "socketpair", SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
  maker.rule(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socketpair", SCMP_A0(SCMP_CMP_NE, AF_UNIX));
  for (std::uint64_t family = 0; family <= AF_INET6; ++family) {
    const bool allowed = family == AF_UNIX || (internet && (family == AF_INET || family == AF_INET6));
    maker.rule(allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", SCMP_A0(SCMP_CMP_EQ, family));
  }
  maker.rule(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", SCMP_A0(SCMP_CMP_GT, AF_INET6));
  return maker.take();
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
