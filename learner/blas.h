// Row-major matrix products on raw pointers by the BLAS inside libtorch_cpu (MKL), for the gradient
// loops that run many small products in parallel: an ATen call each would cost more than the product.
#pragma once

#include <cstdint>

namespace laconic::learner {

// C[m, n] = alpha · op(A)[m, k] · op(B)[k, n] + beta · C; ld* are row strides; beta = 0 ignores C.
void matmul(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const float* a,
            std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);
void matmul(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, double alpha, const double* a,
            std::int64_t lda, const double* b, std::int64_t ldb, double beta, double* c, std::int64_t ldc);

// While it lives, products of this thread run in this thread alone.
class SerialBlas {
 public:
  SerialBlas();
  ~SerialBlas();
  SerialBlas(const SerialBlas&) = delete;

 private:
  int before_;
};

}  // namespace laconic::learner
