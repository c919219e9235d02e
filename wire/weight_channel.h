// The weight channel: one safetensors file a version in a shared folder, named by its version,
// proved by its SHA-256.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "wire/protocol.h"

namespace laconic::wire {

// "s1-v000012.safetensors"
std::string weights_file_name(std::int32_t stage, std::int32_t version);

// Writes `bytes` durably (temporary name, fsync, rename) to `path` (its folder is made when absent)
// and returns the notice for the hub. An existing file with the same bytes is kept as it is; with
// other bytes it is an Error: a published version never changes.
WeightsNotice publish_weights(const fs::path& path, std::int32_t stage, std::int32_t version, std::string_view bytes);

// Maps the file and checks its SHA-256 against the notice; throws Error naming the file and both
// hashes. The map outlives a later deletion of the file.
std::shared_ptr<const MappedFile> receive_weights(const WeightsNotice& notice);

// Deletes the folder's weight files older than (stage, version), but never the newest `keep` files.
// Files of other names are not touched. Returns what was deleted.
std::vector<fs::path> retain_weights(const fs::path& folder, std::int32_t stage, std::int32_t version, int keep = 1);

}  // namespace laconic::wire
