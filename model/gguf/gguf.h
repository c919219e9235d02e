// The GGUF file format, versions 2 and 3 (the specification in ggml's docs/gguf.md): metadata and
// tensors of one model in one file.
//
//   "GGUF", u32 version, u64 tensors, u64 metadata entries
//   entries:  string key, u32 type, value      (string: u64 length, bytes; array: u32 type, u64 count, values)
//   tensors:  string name, u32 n, u64 extents[n] (innermost first), u32 type, u64 offset
//   data, from the next multiple of general.alignment (32) on
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/file.h"
#include "model/weights/tensor.h"

namespace laconic::model {

using GgufValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>,
                               std::vector<std::string>>;

struct Gguf {
  std::map<std::string, GgufValue> metadata;  // integers of all widths widened; arrays of booleans are integers
  TensorMap tensors;                          // ggml names; extents outermost first, as everywhere here
  std::string where;                          // the file, for errors

  bool has(const std::string& key) const { return metadata.contains(key); }
  // Throw Error naming the file and key when it is absent or of another type.
  std::int64_t integer(const std::string& key) const;
  double number(const std::string& key) const;
  bool flag(const std::string& key) const;
  const std::string& text(const std::string& key) const;
  const std::vector<std::string>& texts(const std::string& key) const;
  const std::vector<std::int64_t>& integers(const std::string& key) const;
  const std::vector<double>& numbers(const std::string& key) const;
};

// Maps the file, and the other parts where it is the first of several (NAME-00001-of-0000N.gguf); the tensors keep the map alive and are decoded when they are read. Throws Error
// naming file, entry or tensor for: another version or byte order, a truncated or oversized header,
// duplicate names, unknown types, ranges outside the data or overlapping, a row that does not fill blocks.
Gguf read_gguf(const fs::path& file);
Gguf parse_gguf(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& where);

}  // namespace laconic::model
