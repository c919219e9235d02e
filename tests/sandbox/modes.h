// The four ways in which the attacks run: level A and B, as root and as an ordinary user. Each is a process of its
// own, so that users, groups and launchers do not mix.
#pragma once

#include <string>
#include <vector>

namespace laconic::sandbox::attacks {

struct Mode {
  std::string name;  // "A_root"
  char level = 'A';
  bool root = true;
};

// Those that this process can start: an ordinary user has no root.
std::vector<Mode> modes();

// Starts the test binary again in that mode, at most two at a time, prints what each wrote, and returns 0 when all
// passed. As root, an ordinary user's mode runs as user 65534 with copies in a folder of its own and, for level A, in
// a cgroup that belongs to that user.
int run_modes(const std::vector<Mode>& modes, int argc, char** argv);

// The mode of this process, set by run_modes(); name empty: this is the outermost one.
Mode current_mode();

}  // namespace laconic::sandbox::attacks
