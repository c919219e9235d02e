#include "model/gguf/gguf.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "model/gguf/types.h"

namespace laconic::model {
namespace {

constexpr const char* kDownloadAgain = "compare its size with the published file; download it again when it was cut short";

// Reads forward; every length is checked against what is left before anything is made of it.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  template <class T>
  T number(const char* what) {
    need(sizeof(T), what);
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::string text(const char* what) {
    const auto length = number<std::uint64_t>(what);
    need(length, what);
    std::string value(reinterpret_cast<const char*>(bytes_.data()) + at_, static_cast<std::size_t>(length));
    at_ += static_cast<std::size_t>(length);
    return value;
  }

  // A count of things of at least `least` bytes each.
  std::uint64_t count(std::size_t least, const char* what) {
    const auto value = number<std::uint64_t>(what);
    if (value > left() / least) throw Error(fmt::format("{} is {}, more than the file's {} bytes can hold", what, value, bytes_.size()), where_, kDownloadAgain);
    return value;
  }

  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

 private:
  void need(std::uint64_t bytes, const char* what) {
    if (bytes > left()) throw Error(fmt::format("the file ends within {} at byte {}", what, at_), where_, kDownloadAgain);
  }

  std::span<const std::byte> bytes_;
  const std::string& where_;
  std::size_t at_ = 0;
};

bool is_float(std::uint32_t type) { return type == kF32 || type == kF64; }

double float_value(Reader& in, std::uint32_t type) { return type == kF32 ? in.number<float>("metadata") : in.number<double>("metadata"); }

std::int64_t integer_value(Reader& in, std::uint32_t type, const std::string& key, const std::string& where) {
  switch (type) {
    case kU8: case kBool: return in.number<std::uint8_t>("metadata");
    case kI8: return in.number<std::int8_t>("metadata");
    case kU16: return in.number<std::uint16_t>("metadata");
    case kI16: return in.number<std::int16_t>("metadata");
    case kU32: return in.number<std::uint32_t>("metadata");
    case kI32: return in.number<std::int32_t>("metadata");
    case kU64: case kI64: return in.number<std::int64_t>("metadata");
    default: throw Error(fmt::format("metadata `{}` has the unknown type {}", key, type), where);
  }
}

std::size_t least_bytes(std::uint32_t type) {
  switch (type) {
    case kU16: case kI16: return 2;
    case kU32: case kI32: case kF32: return 4;
    case kString: case kU64: case kI64: case kF64: return 8;
    default: return 1;
  }
}

GgufValue array_value(Reader& in, const std::string& key, const std::string& where) {
  const auto type = in.number<std::uint32_t>("metadata");
  if (type == kArray) throw Error(fmt::format("metadata `{}` is an array of arrays", key), where);
  const std::uint64_t count = in.count(least_bytes(type), "the length of an array");
  if (type == kString) {
    std::vector<std::string> list;
    for (std::uint64_t i = 0; i < count; ++i) list.push_back(in.text("metadata"));
    return list;
  }
  if (is_float(type)) {
    std::vector<double> list;
    for (std::uint64_t i = 0; i < count; ++i) list.push_back(float_value(in, type));
    return list;
  }
  std::vector<std::int64_t> list;
  for (std::uint64_t i = 0; i < count; ++i) list.push_back(integer_value(in, type, key, where));
  return list;
}

GgufValue value_of(Reader& in, const std::string& key, const std::string& where) {
  const auto type = in.number<std::uint32_t>("metadata");
  if (type == kString) return in.text("metadata");
  if (type == kArray) return array_value(in, key, where);
  if (is_float(type)) return float_value(in, type);
  const std::int64_t value = integer_value(in, type, key, where);
  if (type == kBool) return value != 0;
  if (type == kU64) return static_cast<std::uint64_t>(value);
  return value;
}

DType dtype_of(std::uint32_t id, const std::string& tensor, const std::string& where) {
  for (const GgufTensorType& type : kGgufTensorTypes)
    if (type.id == id) return type.dtype;
  std::string read, name = fmt::format("number {}", id);
  for (const GgufTensorType& type : kGgufTensorTypes) read += (read.empty() ? "" : ", ") + name_of(type.dtype);
  for (const GgufUnreadType& type : kGgufUnreadTypes)
    if (type.id == id) name = type.name;
  throw Error(fmt::format("tensor `{}` has the type {}; {} are read", tensor, name, read), where, "take another quantisation of the model");
}

struct Range {
  std::uint64_t begin, end;
  const std::string* name;
};

// Overlapping tensors would be one tensor under two names.
void check_ranges(std::vector<Range> ranges, const std::string& where) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return std::tie(a.begin, *a.name) < std::tie(b.begin, *b.name); });
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin < ranges[i - 1].end) throw Error(fmt::format("tensors `{}` and `{}` overlap", *ranges[i - 1].name, *ranges[i].name), where);
}

Tensor tensor_info(Reader& in, const std::string& name, std::uint64_t& offset, const std::string& where) {
  const auto dimensions = in.number<std::uint32_t>("the tensor list");
  if (dimensions < 1 || dimensions > 4) throw Error(fmt::format("tensor `{}` has {} dimensions; 1 to 4 are possible", name, dimensions), where);
  Tensor tensor;
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto extent = in.number<std::uint64_t>("the tensor list");
    if (__builtin_mul_overflow(elements, extent, &elements) || elements > (std::uint64_t{1} << 48))
      throw Error(fmt::format("tensor `{}` is too large", name), where);
    tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(extent));
  }
  tensor.dtype = dtype_of(in.number<std::uint32_t>("the tensor list"), name, where);
  if (tensor.shape.back() % format_of(tensor.dtype).elements != 0)
    throw Error(fmt::format("tensor `{}` has rows of {} elements, which {} blocks do not fill", name, tensor.shape.back(), name_of(tensor.dtype)), where);
  offset = in.number<std::uint64_t>("the tensor list");
  return tensor;
}

}  // namespace

namespace {

Gguf read_one(const fs::path& file) {
  const auto map = std::make_shared<const MappedFile>(file);
  Gguf gguf = parse_gguf(map->bytes(), map, file.string());
  for (auto& [name, tensor] : gguf.tensors) tensor.map = map->bytes();
  return gguf;
}

// The other parts of NAME-00001-of-0000N.gguf; they hold nothing but tensors.
void add_parts(Gguf& first, const fs::path& file, std::int64_t parts) {
  const std::string name = file.string(), ending = fmt::format("-00001-of-{:05}.gguf", parts);
  if (first.integer("split.no") != 0 || !name.ends_with(ending))
    throw Error(fmt::format("is one of {} parts, and not the first (NAME{})", parts, ending), name, "name the first part; the others lie beside it");
  for (std::int64_t part = 2; part <= parts; ++part) {
    Gguf next = read_one(name.substr(0, name.size() - ending.size()) + fmt::format("-{:05}-of-{:05}.gguf", part, parts));
    if (next.integer("split.no") != part - 1 || next.integer("split.count") != parts)
      throw Error(fmt::format("calls itself part {} of {}, which its name does not", next.integer("split.no") + 1, next.integer("split.count")), next.where);
    for (auto& [tensor, value] : next.tensors)
      if (!first.tensors.emplace(tensor, std::move(value)).second) throw Error(fmt::format("tensor `{}` stands in an earlier part too", tensor), next.where);
  }
}

}  // namespace

Gguf read_gguf(const fs::path& file) {
  Gguf gguf = read_one(file);
  if (!gguf.has("split.count")) return gguf;
  const std::int64_t parts = gguf.integer("split.count");
  if (parts > 99999) throw Error(fmt::format("`split.count` is {}", parts), gguf.where);
  if (parts > 1) add_parts(gguf, file, parts);
  return gguf;
}

Gguf parse_gguf(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& where) {
  Reader in(bytes, where);
  if (bytes.size() < 4 || std::memcmp(bytes.data(), "GGUF", 4) != 0) throw Error("is not a GGUF file: it does not begin with `GGUF`", where, "name a GGUF file, or a Hugging Face folder");
  in.number<std::uint32_t>("the header");
  const auto version = in.number<std::uint32_t>("the header");
  if (version != 2 && version != 3) throw Error(fmt::format("has GGUF version {}; versions 2 and 3 (little-endian) are read", version), where);
  const std::uint64_t tensors = in.count(24, "the number of tensors"), entries = in.count(13, "the number of metadata entries");

  Gguf gguf;
  gguf.where = where;
  for (std::uint64_t i = 0; i < entries; ++i) {
    std::string key = in.text("a metadata key");
    GgufValue value = value_of(in, key, where);
    if (!gguf.metadata.emplace(key, std::move(value)).second) throw Error(fmt::format("metadata `{}` stands there twice", key), where);
  }
  const std::int64_t alignment = gguf.has("general.alignment") ? gguf.integer("general.alignment") : 32;
  if (alignment < 1 || alignment > (1 << 20) || (alignment & (alignment - 1)) != 0)
    throw Error(fmt::format("`general.alignment` is {}; a power of two up to 2^20 is needed", alignment), where);

  std::map<std::string, std::uint64_t> offsets;
  for (std::uint64_t i = 0; i < tensors; ++i) {
    const std::string name = in.text("a tensor's name");
    Tensor tensor = tensor_info(in, name, offsets[name], where);
    if (!gguf.tensors.emplace(name, std::move(tensor)).second) throw Error(fmt::format("tensor `{}` stands there twice", name), where);
  }
  const std::uint64_t unit = static_cast<std::uint64_t>(alignment);
  const std::uint64_t begin = (in.at() + unit - 1) / unit * unit;
  const std::uint64_t data_bytes = begin < bytes.size() ? bytes.size() - begin : 0;
  std::vector<Range> ranges;
  for (auto& [name, tensor] : gguf.tensors) {
    const std::uint64_t offset = offsets[name], size = tensor.bytes();
    if (offset > data_bytes || size > data_bytes - offset)
      throw Error(fmt::format("tensor `{}` needs {} bytes at {} of the file's {} bytes of data", name, size, offset, data_bytes), where, kDownloadAgain);
    if (offset % unit != 0) throw Error(fmt::format("tensor `{}` begins at {}, no multiple of {}", name, offset, unit), where);
    tensor.data = bytes.data() + begin + offset;
    tensor.owner = owner;
    if (size > 0) ranges.push_back({offset, offset + size, &name});
  }
  check_ranges(std::move(ranges), where);
  return gguf;
}

namespace {

template <class T>
const T& held(const Gguf& gguf, const std::string& key, const char* what) {
  const auto found = gguf.metadata.find(key);
  if (found == gguf.metadata.end()) throw Error(fmt::format("has no metadata `{}`", key), gguf.where);
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  throw Error(fmt::format("metadata `{}` is not {}", key, what), gguf.where);
}

}  // namespace

std::int64_t Gguf::integer(const std::string& key) const {
  if (const auto found = metadata.find(key); found != metadata.end())
    if (const auto* value = std::get_if<std::uint64_t>(&found->second); value && *value <= INT64_MAX) return static_cast<std::int64_t>(*value);
  return held<std::int64_t>(*this, key, "an integer");
}
double Gguf::number(const std::string& key) const { return held<double>(*this, key, "a number with a point"); }
bool Gguf::flag(const std::string& key) const { return held<bool>(*this, key, "true or false"); }
const std::string& Gguf::text(const std::string& key) const { return held<std::string>(*this, key, "a text"); }
const std::vector<std::string>& Gguf::texts(const std::string& key) const { return held<std::vector<std::string>>(*this, key, "a list of texts"); }
const std::vector<std::int64_t>& Gguf::integers(const std::string& key) const { return held<std::vector<std::int64_t>>(*this, key, "a list of integers"); }
const std::vector<double>& Gguf::numbers(const std::string& key) const { return held<std::vector<double>>(*this, key, "a list of numbers"); }

}  // namespace laconic::model
