#include "kernels/packed_matrix.h"

#include <cstring>
#include <new>

namespace laconic::kernels {

namespace {

constexpr std::align_val_t kAlignment{64};

// element(n, k) is weights[n * step_n + k * step_k].
std::shared_ptr<bf16[]> pack(const PackedMatrix& shape, const bf16* weights, std::int64_t step_n, std::int64_t step_k) {
  auto* data = static_cast<bf16*>(::operator new[](shape.bytes(), kAlignment));
  std::shared_ptr<bf16[]> owner(data, [](bf16* p) { ::operator delete[](p, kAlignment); });
  std::memset(static_cast<void*>(data), 0, shape.bytes());
  constexpr int kPanel = PackedMatrix::kPanel;
  for (std::int64_t n = 0; n < shape.n(); ++n) {
    bf16* to = data + n / kPanel * shape.pairs() * 2 * kPanel + n % kPanel * 2;
    const bf16* from = weights + n * step_n;
    for (std::int64_t k = 0; k < shape.k(); ++k) to[k / 2 * 2 * kPanel + k % 2] = from[k * step_k];
  }
  return owner;
}

}  // namespace

PackedMatrix::PackedMatrix(const bf16* weights, std::int64_t n, std::int64_t k, std::int64_t ld) : n_(n), k_(k) {
  data_ = pack(*this, weights, ld ? ld : k, 1);
}

PackedMatrix PackedMatrix::from_transposed(const bf16* weights, std::int64_t n, std::int64_t k, std::int64_t ld) {
  PackedMatrix m;
  m.n_ = n;
  m.k_ = k;
  m.data_ = pack(m, weights, 1, ld);
  return m;
}

}  // namespace laconic::kernels
