#include "model/weights/convert_tensor.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "model/weights/block_encoders.h"

namespace laconic::model {
namespace {

constexpr std::int64_t kPiece = 1 << 16;  // elements; a multiple of every block

ConversionLoss compare(const float* before, const float* after, std::int64_t count, const std::string& name, DType to) {
  ConversionLoss loss;
  loss.elements = count;
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(before[i])) throw Error(fmt::format("tensor `{}` holds a value that is infinite or not a number", name));
    if (!std::isfinite(after[i])) throw Error(fmt::format("tensor `{}` holds {}, which {} cannot hold", name, before[i], name_of(to)), "", "choose the type bf16 or f32");
    const double x = static_cast<double>(before[i]), error = static_cast<double>(after[i]) - x;
    loss.changed += error != 0;
    loss.squared += x * x;
    loss.squared_error += error * error;
  }
  return loss;
}

}  // namespace

void ConversionLoss::add(const ConversionLoss& other) {
  elements += other.elements;
  changed += other.changed;
  squared_error += other.squared_error;
  squared += other.squared;
}

double ConversionLoss::relative() const { return squared > 0 ? std::sqrt(squared_error / squared) : 0; }

ConversionLoss convert_tensor(const Tensor& tensor, DType to, const std::string& name, const ByteSink& sink) {
  const StorageFormat& target = format_of(to);
  const std::int64_t elements = tensor.elements();
  ConversionLoss loss;
  std::vector<float> before(kPiece), after(kPiece);
  std::vector<std::byte> bytes(static_cast<std::size_t>(kPiece / target.elements * target.bytes));
  for (std::int64_t at = 0; at < elements; at += kPiece) {
    const std::int64_t count = std::min(kPiece, elements - at);
    read_floats(tensor, at, count, before.data());
    const std::int64_t blocks = count / target.elements;
    if (tensor.dtype == to && !tensor.paired_rows) {
      loss.add(compare(before.data(), before.data(), count, name, to));
      sink({reinterpret_cast<const char*>(tensor.data) + at / target.elements * target.bytes, static_cast<std::size_t>(blocks * target.bytes)});
      drop_pages(tensor, at, count);
      continue;
    }
    encode(to, before.data(), blocks, bytes.data());
    target.decode(bytes.data(), blocks, after.data());
    loss.add(compare(before.data(), after.data(), count, name, to));
    sink({reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(blocks * target.bytes)});
    drop_pages(tensor, at, count);
  }
  return loss;
}

}  // namespace laconic::model
