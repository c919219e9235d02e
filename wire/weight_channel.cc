#include "wire/weight_channel.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/hash.h"

namespace laconic::wire {

std::string weights_file_name(std::int32_t stage, std::int32_t version) {
  char name[64];
  std::snprintf(name, sizeof name, "s%d-v%06d.safetensors", stage, version);
  return name;
}

WeightsNotice publish_weights(const fs::path& path, std::int32_t stage, std::int32_t version, std::string_view bytes) {
  WeightsNotice notice{stage, version, path.string(), sha256_hex(as_byte_span(bytes))};
  if (fs::exists(path)) {
    const std::string existing = sha256_hex(MappedFile(path).bytes());
    if (existing != notice.hash)
      throw Error("`" + path.string() + "` is published with SHA-256 " + existing + "; version " + std::to_string(version) + " now came out as " + notice.hash,
                  "weights of stage " + std::to_string(stage), "the run is not reproducing itself: `laconic doctor`, then `laconic replay`");
    return notice;
  }
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  write_file_durably(path, bytes);
  return notice;
}

std::shared_ptr<const MappedFile> receive_weights(const WeightsNotice& notice) {
  auto file = std::make_shared<const MappedFile>(notice.path);
  if (const std::string hash = sha256_hex(file->bytes()); hash != notice.hash)
    throw Error("`" + notice.path + "` has SHA-256 " + hash + ", announced was " + notice.hash,
                "weights version " + std::to_string(notice.version) + " of stage " + std::to_string(notice.stage),
                "the file was changed or damaged after it was published; `laconic train --resume` publishes it again");
  return file;
}

std::vector<fs::path> retain_weights(const fs::path& folder, std::int32_t stage, std::int32_t version, int keep) {
  std::map<std::pair<int, int>, fs::path> published;
  for (const auto& entry : fs::directory_iterator(folder)) {
    int s = 0, v = 0;
    const std::string name = entry.path().filename().string();
    if (std::sscanf(name.c_str(), "s%d-v%d.safetensors", &s, &v) == 2 && name == weights_file_name(s, v)) published[{s, v}] = entry.path();
  }
  std::vector<fs::path> deleted;
  auto deletable = static_cast<std::int64_t>(published.size()) - keep;
  for (const auto& [key, path] : published) {
    if (deletable-- <= 0 || key >= std::pair<int, int>(stage, version)) break;
    fs::remove(path);
    deleted.push_back(path);
  }
  return deleted;
}

}  // namespace laconic::wire
