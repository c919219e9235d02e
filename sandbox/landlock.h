// Landlock by raw system calls: the second wall around the file system, and scopes for sockets and signals.
#pragma once

namespace laconic::sandbox {

int landlock_abi();  // 0: not there

// Reads and executes anywhere, writes in /dev, anything in the box; TCP only with `internet`. Needs
// no_new_privs. Returns the failed step, or null.
const char* landlock_restrict(int abi, bool internet);

}  // namespace laconic::sandbox
