// The reference level: portable C++, the definition of every bit.
#include "kernels/lanes_scalar-inl.h"
#include "kernels/ops-inl.h"

namespace laconic::kernels {
const OpTable kOpsScalar = kOps;
}  // namespace laconic::kernels
