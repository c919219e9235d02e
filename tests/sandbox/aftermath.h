// What a run may leave on the machine: a snapshot taken after one run is compared with that after another.
#pragma once

#include <map>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace laconic::sandbox::attacks {

struct Snapshot {
  std::map<pid_t, std::string> processes;               // below this process, zombies too: pid → name
  std::map<std::string, std::string> descriptors;       // "launcher 7" → what it is
  std::map<std::string, std::string> mounts;            // "self" and the launcher's: the table
  std::set<std::string> sockets, files, groups, queues; // with this suite's names, or the launcher's
  std::map<std::string, std::string> host;              // files of the machine and its settings: their state

  static Snapshot take();
};

// One line for each mount, file, socket, queue or setting that is new in `after`, has changed or is gone, and
// for each kind of process, descriptor and group of which there are more. Empty: nothing left.
std::vector<std::string> differences(const Snapshot& before, const Snapshot& after);

// Processes below `parent`, by /proc, with their names.
std::map<pid_t, std::string> descendants(pid_t parent);
// The launchers that this process started.
std::vector<pid_t> launchers();

std::size_t descriptor_count(pid_t pid);
std::int64_t resident_bytes(pid_t pid);

}  // namespace laconic::sandbox::attacks
