// A place where one run at a time happens: its keeper, its user, its cgroup, and (once needed) its
// branch of the warm interpreter. Places are made when needed and used again; a place whose keeper
// died, or that a run left in doubt, is thrown away.
#pragma once

#include <memory>
#include <vector>

#include <sys/types.h>

#include "sandbox/cgroup.h"
#include "sandbox/inside.h"

namespace laconic::sandbox {

struct Run;

struct Place {
  int index = 0;
  long user = -1;
  std::unique_ptr<Group> group;       // level A
  pid_t keeper = -1;
  int channel = -1;                   // to keeper, init and program
  pid_t python = -1;                  // the warm interpreter's branch
  int python_channel = -1;
  Run* run = nullptr;
  bool doubtful = false;

  Place() = default;
  Place(const Place&) = delete;
  ~Place();                           // kills and reaps keeper and branch, removes the group
};

// First host user of the places, or -1: as an ordinary user all places run under one's own.
long first_user();

// Starts the keeper. Throws Error.
std::unique_ptr<Place> make_place(int index, long user, const Policy& policy, GroupMaker* groups);

}  // namespace laconic::sandbox
