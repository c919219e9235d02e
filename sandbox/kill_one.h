// The one way this folder kills: one process, never a group. kill(2) reads 0 and −1 as "my group" and
// "everybody", so a number that was never set would end the machine when we are root.
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace laconic::sandbox {

inline void kill_one(pid_t pid) {
  if (pid > 1) ::kill(pid, SIGKILL);
}

}  // namespace laconic::sandbox
