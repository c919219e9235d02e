#include "model/weights/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "model/weights/convert_tensor.h"
#include "model/json_fields.h"

namespace laconic::model {
namespace {

constexpr const char* kDownloadAgain = "compare its size with the published file; download it again when it was cut short";

struct Range {
  std::uint64_t begin = 0, end = 0;
  std::string name;
};

DType dtype_named(const std::string& name, const std::string& tensor, const std::string& where) {
  for (const DType dtype : {DType::kBF16, DType::kF16, DType::kF32, DType::kF8_E4M3})
    if (name_of(dtype) == name) return dtype;
  throw Error(fmt::format("tensor `{}` has type {}; BF16, F16, F32 and F8_E4M3 are supported", tensor, name), where);
}

std::uint64_t unsigned_of(const Json& value, const std::string& tensor, const char* what, const std::string& where) {
  // Bounded so that a product of two never overflows unnoticed below.
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > (std::uint64_t{1} << 48))
    throw Error(fmt::format("tensor `{}`: {} is {}; a non-negative integer below 2^48 is needed", tensor, what, shown(value)), where);
  return value.get<std::uint64_t>();
}

std::vector<std::int64_t> shape_of(const Json& value, const std::string& tensor, const std::string& where) {
  if (!value.is_array() || value.size() > 8)
    throw Error(fmt::format("tensor `{}`: shape is {}; at most 8 extents are needed", tensor, shown(value)), where);
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 1;
  for (const Json& extent : value) {
    shape.push_back(static_cast<std::int64_t>(unsigned_of(extent, tensor, "an extent", where)));
    if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(shape.back()), &elements) || elements > (std::uint64_t{1} << 48))
      throw Error(fmt::format("tensor `{}`: shape {} is too large", tensor, shown(value)), where);
  }
  return shape;
}

Json header_of(std::span<const std::byte> bytes, std::size_t& data_begin, const std::string& where) {
  if (bytes.size() < 8) throw Error(fmt::format("is {} bytes long; a safetensors file has at least 8", bytes.size()), where, kDownloadAgain);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > kMaxHeaderBytes)
    throw Error(fmt::format("header length {} is above the limit of {}: not a safetensors file", length, kMaxHeaderBytes), where);
  if (length > bytes.size() - 8)
    throw Error(fmt::format("header of {} bytes goes beyond the file of {} bytes", length, bytes.size()), where, kDownloadAgain);
  data_begin = 8 + static_cast<std::size_t>(length);
  Json header = parse_json({reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<std::size_t>(length)}, where);
  if (!header.is_object()) throw Error("the header is not a JSON object", where);
  return header;
}

// Ranges must tile the data exactly: an overlap would alias two tensors, a gap or a tail could hide data.
void check_tiling(std::vector<Range> ranges, std::uint64_t data_bytes, const std::string& where) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t position = 0;
  const Range* before = nullptr;
  for (const Range& range : ranges) {
    if (range.begin < position)
      throw Error(fmt::format("tensors `{}` and `{}` overlap at data byte {}", before->name, range.name, range.begin), where);
    if (range.begin > position)
      throw Error(fmt::format("data bytes {} to {} before tensor `{}` belong to no tensor", position, range.begin, range.name), where);
    position = range.end;
    before = &range;
  }
  if (position != data_bytes)
    throw Error(fmt::format("the tensors end at data byte {} of {}", position, data_bytes), where, kDownloadAgain);
}

}  // namespace

TensorMap read_safetensors(const fs::path& file) {
  const auto map = std::make_shared<const MappedFile>(file);
  TensorMap tensors = parse_safetensors(map->bytes(), map, file.string());
  for (auto& [name, tensor] : tensors) tensor.map = map->bytes();
  return tensors;
}

TensorMap parse_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& where) {
  std::size_t data_begin = 0;
  const Json header = header_of(bytes, data_begin, where);
  const std::uint64_t data_bytes = bytes.size() - data_begin;

  TensorMap tensors;
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const Fields fields(entry, where, name);
    for (const char* key : {"dtype", "shape", "data_offsets"})
      if (!fields.has(key)) throw Error(fmt::format("tensor `{}` has no {}", name, key), where);
    if (!fields.at("dtype").is_string()) throw Error(fmt::format("tensor `{}`: dtype is {}", name, shown(fields.at("dtype"))), where);
    Tensor tensor;
    tensor.dtype = dtype_named(fields.at("dtype").get<std::string>(), name, where);
    tensor.shape = shape_of(fields.at("shape"), name, where);
    const Json& offsets = fields.at("data_offsets");
    if (!offsets.is_array() || offsets.size() != 2)
      throw Error(fmt::format("tensor `{}`: data_offsets is {}; [begin, end] is needed", name, shown(offsets)), where);
    const std::uint64_t begin = unsigned_of(offsets[0], name, "an offset", where), end = unsigned_of(offsets[1], name, "an offset", where);
    if (begin > end || end > data_bytes)
      throw Error(fmt::format("tensor `{}`: range [{}, {}) is outside the {} data bytes of the file", name, begin, end, data_bytes), where, kDownloadAgain);
    if (end - begin != tensor.bytes())
      throw Error(fmt::format("tensor `{}`: shape {} of {} takes {} bytes, the range [{}, {}) holds {}", name, shown(fields.at("shape")),
                              name_of(tensor.dtype), tensor.bytes(), begin, end, end - begin),
                  where);
    tensor.data = bytes.data() + data_begin + begin;
    tensor.owner = owner;
    ranges.push_back({begin, end, name});
    tensors.emplace(name, std::move(tensor));
  }
  check_tiling(std::move(ranges), data_bytes, where);
  return tensors;
}

TensorMap read_safetensors_folder(const fs::path& folder) {
  const fs::path index_file = folder / "model.safetensors.index.json", single = folder / "model.safetensors";
  if (!fs::exists(index_file)) {
    if (!fs::exists(single))
      throw Error("has neither model.safetensors nor model.safetensors.index.json", folder.string(),
                  "give the folder of a Hugging Face checkpoint (`ls " + folder.string() + "`)");
    return read_safetensors(single);
  }
  const std::string where = index_file.string();
  const Json index = parse_json(read_file(index_file), where);
  const Fields weight_map = Fields(index, where).object("weight_map");
  std::map<std::string, std::set<std::string>> shards;  // file → tensors the index places there
  for (const auto& [name, file] : index.at("weight_map").items()) {
    const bool plain = file.is_string() && !file.get<std::string>().empty() && fs::path(file.get<std::string>()).filename() == file.get<std::string>();
    if (!plain) throw Error(fmt::format("tensor `{}` is placed in {}; a file name is needed", name, shown(file)), where);
    shards[file.get<std::string>()].insert(name);
  }
  TensorMap tensors;
  for (const auto& [file, names] : shards) {
    TensorMap shard = read_safetensors(folder / file);
    for (const std::string& name : names)
      if (!shard.contains(name)) throw Error(fmt::format("tensor `{}` is not in `{}`, where the index places it", name, file), where);
    for (auto& [name, tensor] : shard)
      if (!names.contains(name)) throw Error(fmt::format("`{}` holds tensor `{}`, which the index does not place there", file, name), where);
    tensors.merge(shard);
  }
  return tensors;
}

std::string safetensors_header(std::vector<SafetensorsEntry>& entries) {
  const auto place = [](DType dtype) { return dtype == DType::kF32 ? 0 : dtype == DType::kBF16 ? 1 : 2; };
  std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) { return place(a.dtype) < place(b.dtype); });
  std::string json = R"({"__metadata__":{"format":"pt"})";
  std::size_t offset = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.dtype != DType::kF32 && entry.dtype != DType::kBF16 && entry.dtype != DType::kF16)
      throw Error(fmt::format("tensor `{}` is {}, which safetensors files cannot hold", entry.name, name_of(entry.dtype)), "", "convert it to BF16 first");
    const std::size_t bytes = Tensor{entry.dtype, entry.shape, nullptr, nullptr}.bytes();
    json += fmt::format(R"(,{}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", Json(entry.name).dump(), name_of(entry.dtype),
                        Json(entry.shape).dump(), offset, offset + bytes);
    offset += bytes;
  }
  json += '}';
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = json.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + json;
}

std::string safetensors_bytes(const TensorMap& tensors) {
  std::vector<SafetensorsEntry> entries;
  std::size_t total = 0;
  for (const auto& [name, tensor] : tensors) {
    entries.push_back({name, tensor.dtype, tensor.shape});
    total += tensor.bytes();
  }
  std::string bytes = safetensors_header(entries);
  bytes.reserve(bytes.size() + total);
  for (const SafetensorsEntry& entry : entries) {
    const Tensor& tensor = tensors.at(entry.name);
    if (tensor.paired_rows) convert_tensor(tensor, entry.dtype, entry.name, [&](std::string_view piece) { bytes += piece; });
    else bytes.append(reinterpret_cast<const char*>(tensor.data), tensor.bytes());
  }
  return bytes;
}

std::string weights_sha256(const TensorMap& tensors) { return sha256_hex(as_byte_span(safetensors_bytes(tensors))); }

}  // namespace laconic::model
