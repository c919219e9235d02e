// The AVX-512 F/BW/CD/DQ/VL level. Compiled with its own flags (kernels/CMakeLists.txt): no STL here.
#include "kernels/lanes_simd-inl.h"
#include "kernels/ops-inl.h"

static_assert(HWY_TARGET == HWY_AVX3);

namespace laconic::kernels {
const OpTable kOpsAvx512 = kOps;
}  // namespace laconic::kernels
