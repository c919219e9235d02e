#include "model/gguf/write.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "model/gguf/types.h"

namespace laconic::model {
namespace {

constexpr std::uint64_t kAlignment = 32;  // the format's, where general.alignment is absent

std::uint64_t aligned(std::uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

class Header {
 public:
  template <class T>
  void number(T value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(std::string_view value) {
    number(std::uint64_t{value.size()});
    bytes_ += value;
  }

  void operator()(bool value) { number(kBool), number(static_cast<std::uint8_t>(value)); }
  void operator()(std::uint64_t value) { number(kU64), number(value); }
  void operator()(const std::string& value) { number(kString), text(value); }
  void operator()(std::int64_t value) {
    if (value >= 0 && value <= std::numeric_limits<std::uint32_t>::max()) number(kU32), number(static_cast<std::uint32_t>(value));
    else if (value < 0 && value >= std::numeric_limits<std::int32_t>::min()) number(kI32), number(static_cast<std::int32_t>(value));
    else number(kI64), number(value);
  }
  // Readers expect f32; the shortest decimal of it comes back (gguf_card.cc).
  void operator()(double value) { number(kF32), number(static_cast<float>(value)); }
  void operator()(const std::vector<std::string>& list) {
    array(kString, list.size());
    for (const std::string& value : list) text(value);
  }
  void operator()(const std::vector<std::int64_t>& list) {
    array(kI32, list.size());
    for (const std::int64_t value : list) number(static_cast<std::int32_t>(value));
  }
  void operator()(const std::vector<double>& list) {
    array(kF32, list.size());
    for (const double value : list) number(static_cast<float>(value));
  }

  std::string bytes_;

 private:
  void array(GgufValueType type, std::size_t count) { number(kArray), number(type), number(std::uint64_t{count}); }
};

std::uint32_t type_id(DType dtype) {
  for (const GgufTensorType& type : kGgufTensorTypes)
    if (type.dtype == dtype) return type.id;
  throw Error("GGUF files have no type " + name_of(dtype));
}

std::string header(const std::map<std::string, GgufValue>& metadata, const std::vector<GgufTensorInfo>& tensors) {
  Header out;
  out.bytes_ = "GGUF";
  out.number(std::uint32_t{3});
  out.number(std::uint64_t{tensors.size()});
  out.number(std::uint64_t{metadata.size()});
  for (const auto& [key, value] : metadata) {
    out.text(key);
    std::visit(out, value);
  }
  std::uint64_t offset = 0;
  for (const GgufTensorInfo& tensor : tensors) {
    out.text(tensor.name);
    out.number(static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) out.number(static_cast<std::uint64_t>(*extent));
    out.number(type_id(tensor.dtype));
    out.number(offset);
    offset = aligned(offset + tensor.bytes());
  }
  out.bytes_.resize(aligned(out.bytes_.size()));
  return std::move(out.bytes_);
}

}  // namespace

std::uint64_t GgufTensorInfo::bytes() const { return Tensor{dtype, shape, nullptr, nullptr}.bytes(); }

void write_gguf(const fs::path& path, const std::map<std::string, GgufValue>& metadata, const std::vector<GgufTensorInfo>& tensors,
                const std::function<void(std::size_t, const ByteSink&)>& produce) {
  DurableFile file(path);
  file.write(header(metadata, tensors));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::uint64_t begin = file.size();
    produce(i, [&](std::string_view bytes) { file.write(bytes); });
    if (file.size() - begin != tensors[i].bytes())
      throw Error(fmt::format("tensor `{}` takes {} bytes and was given {}", tensors[i].name, tensors[i].bytes(), file.size() - begin), path.string());
    file.write(std::string(aligned(file.size()) - file.size(), '\0'));
  }
  file.commit();
}

}  // namespace laconic::model
