// The read-only root that every run of a keeper starts from: a tmpfs skeleton with the system's
// programs and libraries bound into it. Made once in the keeper's own mount namespace; each run's
// namespace is a copy of it, so that a run mounts only what must be fresh.
#pragma once

#include <string>

namespace laconic::sandbox {

// Of the calling process, which is in a fresh user and mount namespace with all capabilities there.
// `with_group`: level A; without, /dev/zero is missing, for mapping it holds memory that no process shows.
// Afterwards nothing else of the host's tree can be reached by a path. Throws Error.
void build_root(bool with_group);

// A place in that root for a mount to be laid over; parents are made. Throws Error.
void make_mount_point(const std::string& path, bool directory);

}  // namespace laconic::sandbox
