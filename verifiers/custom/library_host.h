// The worker process of a shared object: loads it and answers the line protocol for it.
#pragma once

#include <string>

namespace laconic::verifiers::custom {

// Serves until the end of standard input. Standard output becomes the protocol and descriptor 1 then
// leads to stderr, so that what the object prints goes to the log. Throws Error when the object
// cannot be loaded, lacks a function, is of another version, or does not start.
void serve_library(const std::string& path);

}  // namespace laconic::verifiers::custom
