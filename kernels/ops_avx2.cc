// The AVX2 + FMA level. Compiled with its own flags (kernels/CMakeLists.txt): no STL here.
#include "kernels/lanes_simd-inl.h"
#include "kernels/ops-inl.h"

static_assert(HWY_TARGET == HWY_AVX2);

namespace laconic::kernels {
const OpTable kOpsAvx2 = kOps;
}  // namespace laconic::kernels
