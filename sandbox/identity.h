// User namespaces: entering one of one's own, and the single-line maps of a process.
#pragma once

namespace laconic::sandbox {

// unshare(CLONE_NEWUSER | `more`), with one's own user and group as the only ones known. Throws Error.
void enter_user_namespace(int more);

// Maps this process's outer user and group to `inside`, in a user namespace it was just born into.
// Returns the failed step with errno, or null. /proc is that of an outer pid namespace.
const char* write_identity_maps(unsigned outer_user, unsigned outer_group, unsigned inside_user, unsigned inside_group);

// Writes a whole small file; false with errno.
bool write_text(const char* path, const char* text);

}  // namespace laconic::sandbox
