// Which instruction set the kernels use. One choice at start, by cpuid; LACONIC_ISA forces a lower
// level (scalar, avx2, avx512). All levels give the same bits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::kernels {

enum class Isa { kScalar = 0, kAvx2 = 1, kAvx512 = 2 };

Isa best_isa();                        // the highest level this machine can execute
Isa active_isa();                      // best_isa(), or LACONIC_ISA; throws Error on an unknown or impossible name
void force_isa(Isa isa);               // for tests and for a run's fingerprint; not during a running op
std::vector<Isa> executable_isas();    // ascending, scalar first
std::string_view name_of(Isa isa);     // "scalar", "avx2", "avx512"
Isa isa_named(std::string_view name);  // throws Error with the nearest valid name

}  // namespace laconic::kernels
