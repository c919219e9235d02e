#include "kernels/packed_matrix.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace laconic::kernels {

namespace {

constexpr std::align_val_t kAlignment{64};

std::shared_ptr<bf16[]> zeroed(std::size_t bytes) {
  auto* data = static_cast<bf16*>(::operator new[](bytes, kAlignment));
  std::shared_ptr<bf16[]> owner(data, [](bf16* p) { ::operator delete[](p, kAlignment); });
  std::memset(static_cast<void*>(data), 0, bytes);
  return owner;
}

}  // namespace

PackedMatrix::PackedMatrix(const bf16* weights, std::int64_t n, std::int64_t k, std::int64_t ld) {
  MatrixPacker packer(n, k);
  packer.put(0, n, weights, ld);
  *this = packer.take();
}

PackedMatrix PackedMatrix::from_transposed(const bf16* weights, std::int64_t n, std::int64_t k, std::int64_t ld) {
  PackedMatrix m;
  m.n_ = n;
  m.k_ = k;
  m.data_ = zeroed(m.bytes());
  for (std::int64_t row = 0; row < n; ++row) {
    bf16* to = m.data_.get() + row / kPanel * m.pairs() * 2 * kPanel + row % kPanel * 2;
    for (std::int64_t i = 0; i < k; ++i) to[i / 2 * 2 * kPanel + i % 2] = weights[i * ld + row];
  }
  return m;
}

MatrixPacker::MatrixPacker(std::int64_t n, std::int64_t k) {
  matrix_.n_ = n;
  matrix_.k_ = k;
  matrix_.data_ = zeroed(matrix_.bytes());
}

void MatrixPacker::put(std::int64_t first, std::int64_t count, const bf16* rows, std::int64_t ld) {
  constexpr std::int64_t kPanel = PackedMatrix::kPanel;
  const std::int64_t k = matrix_.k_, stride = ld ? ld : k;
  // All rows of a panel together: what is written is then contiguous.
  for (std::int64_t row = first; row < first + count;) {
    const std::int64_t end = std::min(first + count, (row / kPanel + 1) * kPanel);
    bf16* panel = matrix_.data_.get() + row / kPanel * matrix_.pairs() * 2 * kPanel + row % kPanel * 2;
    const bf16* from = rows + (row - first) * stride;
    for (std::int64_t i = 0; i < k; ++i) {
      bf16* to = panel + i / 2 * 2 * kPanel + i % 2;
      for (std::int64_t r = 0; r < end - row; ++r) to[2 * r] = from[r * stride + i];
    }
    row = end;
  }
}

}  // namespace laconic::kernels
