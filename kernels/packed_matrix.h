// A weight matrix [n, k] (n outputs, k inputs; row-major, as checkpoints store it) in bf16, packed
// once for every kernel: panels of 16 outputs, inputs in pairs, [ceil(n/16)][ceil(k/2)][16][2],
// zero-filled. A 64-byte line holds 16 outputs × 2 inputs: one AVX-512 load gives two fp32 vectors
// (shift, mask), and 16 lines are one AMX B tile. See docs/numerics.md.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "kernels/bf16.h"

namespace laconic::kernels {

class PackedMatrix {
 public:
  static constexpr int kPanel = 16;

  PackedMatrix() = default;
  // `weights`: row-major [n, k], row stride `ld` elements (0 = k). Copies.
  PackedMatrix(const bf16* weights, std::int64_t n, std::int64_t k, std::int64_t ld = 0);
  // From the transposed layout: element (n, k) is weights[k * ld + n].
  static PackedMatrix from_transposed(const bf16* weights, std::int64_t n, std::int64_t k, std::int64_t ld);

  std::int64_t n() const { return n_; }
  std::int64_t k() const { return k_; }
  std::int64_t panels() const { return (n_ + kPanel - 1) / kPanel; }
  std::int64_t pairs() const { return (k_ + 1) / 2; }
  const bf16* panel(std::int64_t p) const { return data_.get() + p * pairs() * 2 * kPanel; }
  std::size_t bytes() const { return static_cast<std::size_t>(panels() * pairs()) * 2 * kPanel * sizeof(bf16); }
  bf16 at(std::int64_t n, std::int64_t k) const {
    return panel(n / kPanel)[(k / 2) * 2 * kPanel + (n % kPanel) * 2 + k % 2];
  }

 private:
  friend class MatrixPacker;
  std::int64_t n_ = 0, k_ = 0;
  std::shared_ptr<bf16[]> data_;  // 64-byte aligned, shared between copies, immutable
};

// Packs a matrix whose rows come a few at a time, so that nobody needs to hold all of them unpacked.
class MatrixPacker {
 public:
  MatrixPacker(std::int64_t n, std::int64_t k);
  // Rows [first, first + count) of [n, k], row stride `ld` elements (0 = k).
  void put(std::int64_t first, std::int64_t count, const bf16* rows, std::int64_t ld = 0);
  PackedMatrix take() { return std::move(matrix_); }  // rows never put are zero

 private:
  PackedMatrix matrix_;
};

}  // namespace laconic::kernels
