#include "model/tensor.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace laconic::model {
std::string name_of(DType dtype) { return std::string(format_of(dtype).name); }

std::int64_t Tensor::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::size_t Tensor::bytes() const {
  const StorageFormat& format = format_of(dtype);
  return static_cast<std::size_t>(elements() / format.elements * format.bytes);
}

Tensor make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes) {
  Tensor tensor{dtype, std::move(shape), nullptr, nullptr};
  if (bytes.size() != tensor.bytes())
    throw Error("a tensor of " + std::to_string(tensor.bytes()) + " bytes was given " + std::to_string(bytes.size()));
  const auto buffer = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  tensor.data = buffer->data();
  tensor.owner = buffer;
  return tensor;
}

void read_floats(const Tensor& tensor, float* out) { read_floats(tensor, 0, tensor.elements(), out); }

void read_floats(const Tensor& tensor, std::int64_t first, std::int64_t count, float* out) {
  const StorageFormat& format = format_of(tensor.dtype);
  format.decode(tensor.data + first / format.elements * format.bytes, count / format.elements, out);
  if (!tensor.scales) return;
  constexpr std::int64_t kBlock = Tensor::kScaleBlock;
  const std::int64_t columns = tensor.shape.back(), scale_columns = (columns + kBlock - 1) / kBlock;
  for (std::int64_t done = 0; done < count;) {  // as far as one factor reaches
    const std::int64_t row = (first + done) / columns, column = (first + done) % columns;
    const std::int64_t here = std::min({kBlock - column % kBlock, columns - column, count - done});
    const float scale = tensor.scales.get()[row / kBlock * scale_columns + column / kBlock];
    for (std::int64_t i = 0; i < here; ++i) out[done + i] *= scale;
    done += here;
  }
}

void read_bf16s(const Tensor& tensor, std::int64_t first, std::int64_t count, bf16* out) {
  const StorageFormat& format = format_of(tensor.dtype);
  if (tensor.dtype == DType::kBF16) {
    if (count > 0) std::memcpy(out, tensor.data + first * format.bytes, static_cast<std::size_t>(count * format.bytes));
    return;
  }
  // A piece at a time: a whole copy in fp32 would double the memory that loading takes.
  constexpr std::int64_t kPiece = 4096;
  float piece[kPiece];
  for (std::int64_t done = 0; done < count; done += kPiece) {
    const std::int64_t here = std::min(kPiece, count - done);
    read_floats(tensor, first + done, here, piece);
    for (std::int64_t i = 0; i < here; ++i) out[done + i] = to_bf16(piece[i]);
  }
}

std::vector<float> to_floats(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  read_floats(tensor, values.data());
  return values;
}

std::vector<bf16> to_bf16s(const Tensor& tensor) {
  std::vector<bf16> values(static_cast<std::size_t>(tensor.elements()));
  read_bf16s(tensor, 0, tensor.elements(), values.data());
  return values;
}

void drop_pages(const Tensor& tensor, std::int64_t first, std::int64_t count) {
  if (!tensor.mapped || count <= 0) return;
  const StorageFormat& format = format_of(tensor.dtype);
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(tensor.data + first / format.elements * format.bytes);
  const auto end = begin + static_cast<std::uintptr_t>(count / format.elements * format.bytes);
  const std::uintptr_t from = begin / page * page;  // a page that is shared with a neighbour is read again
  ::madvise(reinterpret_cast<void*>(from), end - from, MADV_DONTNEED);
}

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kF32, std::move(shape), std::move(bytes));
}

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<bf16>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(bf16));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kBF16, std::move(shape), std::move(bytes));
}

}  // namespace laconic::model
