// bubblewrap as an independent judge: the attacks on namespaces and the file system report the same under an
// equivalent bwrap command as under our sandbox.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/sandbox/attack_spec.h"

namespace laconic::sandbox::attacks {
namespace {

// What our sandbox gives, said to bwrap: no seccomp filter, no limits.
constexpr const char* kBwrap =
    "env -i timeout -k 5 60 bwrap --unshare-all --unshare-user --die-with-parent --new-session --uid 1000 --gid 1000 --cap-drop ALL --clearenv --setenv PATH /usr/bin:/bin "
    "--setenv HOME /box --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --tmpfs /dev "
    "--dev-bind /dev/null /dev/null --dev-bind /dev/zero /dev/zero --dev-bind /dev/urandom /dev/urandom --remount-ro /dev --tmpfs /box --chdir /box --remount-ro / ";

struct Told {
  std::string out;
  int status = -1;
};

Told shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  Told told;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) told.out.append(buffer.data(), n);
  return told;
}

std::string bwrap_command(const Attack& attack, const Spec& spec, const Programs& programs) {
  const bool compiled = attack.program.ends_with(".c");
  const fs::path host = fs::absolute(compiled ? programs.binary_path(attack.program) : attacks_folder() / attack.program);
  std::string command = fmt::format("{} --ro-bind '{}' /box/{}", kBwrap, host.string(), spec.files.at(0).name);
  if (!compiled) command += " /usr/bin/python3";
  for (const std::string& word : spec.argv) command += " '" + word + "'";
  return command + " 2>/dev/null </dev/null";
}

// What a program found out: an attempt that ended at a forbidden call, or in its own death, brought nothing.
std::string observation(const Report& r) { return r.end == End::kDenied || (r.end == End::kSignaled && r.out.empty()) ? "held\n" : r.out; }
std::string observation(const Told& t) { return t.out.empty() ? "held\n" : t.out; }

TEST(Bubblewrap, ReportsTheSame) {
  if (shell("bwrap --version 2>/dev/null").out.empty()) GTEST_SKIP() << "bwrap is not installed: no cross-check";
  if (shell(std::string(kBwrap) + " /bin/echo works 2>&1").out != "works\n") GTEST_SKIP() << "bwrap does not work on this machine: " << shell(std::string(kBwrap) + " /bin/echo works 2>&1").out;
  const Programs programs(attacks_folder(), programs_folder());
  HostListeners listeners;
  Options options;
  options.slots = 1;
  Sandbox box(options);
  int checked = 0;
  for (const Attack& attack : load_attacks(attacks_folder(), 'A', ::geteuid() == 0)) {
    if (!attack.bubblewrap) continue;
    SCOPED_TRACE(attack.test_name());
    if (attack.program.ends_with(".c")) programs.build({attack.program});
    const Spec spec = spec_of(attack, programs, listeners);
    const std::string ours = observation(box.run(spec)), theirs = observation(shell(bwrap_command(attack, spec, programs)));
    EXPECT_EQ(ours, theirs);
    EXPECT_EQ(listeners.visitors(), 0);
    ++checked;
  }
  EXPECT_GT(checked, 20);
  fmt::print("{} attacks report the same under bwrap\n", checked);
}

}  // namespace
}  // namespace laconic::sandbox::attacks
