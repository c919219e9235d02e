#include "model/weights/tensor.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace laconic::model {
namespace {

// Elements [first, first + count) as stretches of the stored order, a row or a part of one each.
template <class Read>
void read_paired_rows(const Tensor& tensor, std::int64_t first, std::int64_t count, Read&& read) {
  Tensor stored = tensor;
  stored.paired_rows = 0;
  const std::int64_t columns = tensor.elements() / tensor.shape[0], half = tensor.paired_rows / 2;
  for (std::int64_t at = first; at < first + count;) {
    const std::int64_t row = at / columns, column = at % columns, in_head = row % tensor.paired_rows;
    const std::int64_t here = std::min(columns - column, first + count - at);
    read(stored, (row - in_head + in_head % half * 2 + in_head / half) * columns + column, here);
    at += here;
  }
}

}  // namespace

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
  if (tensor.paired_rows) return read_paired_rows(tensor, first, count, [&](const Tensor& stored, std::int64_t from, std::int64_t here) {
    read_floats(stored, from, here, out);
    out += here;
  });
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
  if (tensor.dtype == DType::kBF16 && !tensor.paired_rows) {
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
  if (tensor.map.empty() || count <= 0) return;
  // A fault also maps its neighbourhood (64 KiB by default), of this tensor or of the next: with many
  // small tensors that would add up. What is dropped too much is mapped again.
  constexpr std::ptrdiff_t kNeighbourhood = 64 << 10;
  const auto page = static_cast<std::ptrdiff_t>(::sysconf(_SC_PAGESIZE)), end_of_map = static_cast<std::ptrdiff_t>(tensor.map.size());
  const StorageFormat& format = format_of(tensor.dtype);
  const std::ptrdiff_t begin = tensor.data - tensor.map.data() + first / format.elements * format.bytes;
  const std::ptrdiff_t end = begin + count / format.elements * format.bytes;
  const std::ptrdiff_t from = std::max<std::ptrdiff_t>(0, begin - kNeighbourhood) / page * page, to = std::min(end + kNeighbourhood, end_of_map);
  ::madvise(const_cast<std::byte*>(tensor.map.data()) + from, static_cast<std::size_t>(to - from), MADV_DONTNEED);
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
