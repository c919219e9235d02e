#include "kernels/isa.h"

#include <atomic>
#include <cstdlib>

#ifdef LACONIC_X86_KERNELS
#include <cpuid.h>
#endif

#include "base/error.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

namespace {

constexpr std::string_view kNames[] = {"scalar", "avx2", "avx512"};

const OpTable& table_of(Isa isa) {
#ifdef LACONIC_X86_KERNELS
  if (isa == Isa::kAvx512) return kOpsAvx512;
  if (isa == Isa::kAvx2) return kOpsAvx2;
#endif
  return kOpsScalar;
}

std::string names_of(const std::vector<Isa>& levels) {
  std::string text;
  for (Isa isa : levels) text += (text.empty() ? "" : ", ") + std::string(name_of(isa));
  return text;
}

void require_executable(Isa isa) {
  if (isa > best_isa())
    throw Error("this machine cannot execute instruction set `" + std::string(name_of(isa)) + "`", "LACONIC_ISA",
                "choose one of: " + names_of(executable_isas()));
}

Isa chosen_at_start() {
  const char* name = std::getenv("LACONIC_ISA");
  if (!name || !*name) return best_isa();
  const Isa isa = isa_named(name);
  require_executable(isa);
  return isa;
}

#ifdef LACONIC_X86_KERNELS
// The two that clang 14's __builtin_cpu_supports does not know. Neither has registers of its own.
bool has_f16c_and_lzcnt() {
  unsigned a = 0, b = 0, basic = 0, extended = 0, d = 0;
  return __get_cpuid(1, &a, &b, &basic, &d) && (basic & bit_F16C) != 0 && __get_cpuid(0x80000001, &a, &b, &extended, &d) && (extended & bit_LZCNT) != 0;
}
#endif

std::atomic<Isa> g_active;
std::atomic<const OpTable*> g_table{nullptr};

}  // namespace

Isa best_isa() {
#ifdef LACONIC_X86_KERNELS
  // __builtin_cpu_supports also asks the operating system for the registers' state (xgetbv).
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && has_f16c_and_lzcnt() && __builtin_cpu_supports("aes") &&
                    __builtin_cpu_supports("pclmul");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  return avx512 ? Isa::kAvx512 : avx2 ? Isa::kAvx2 : Isa::kScalar;
#else
  return Isa::kScalar;
#endif
}

Isa active_isa() {
  ops();
  return g_active;
}

void force_isa(Isa isa) {
  require_executable(isa);
  g_active = isa;
  g_table.store(&table_of(isa), std::memory_order_release);
}

const OpTable& ops() {
  const OpTable* table = g_table.load(std::memory_order_acquire);
  if (!table) {
    force_isa(chosen_at_start());
    table = g_table.load(std::memory_order_acquire);
  }
  return *table;
}

std::vector<Isa> executable_isas() {
  std::vector<Isa> levels;
  for (int i = 0; i <= static_cast<int>(best_isa()); ++i) levels.push_back(static_cast<Isa>(i));
  return levels;
}

std::string_view name_of(Isa isa) { return kNames[static_cast<int>(isa)]; }

Isa isa_named(std::string_view name) {
  for (int i = 0; i < 3; ++i)
    if (kNames[i] == name) return static_cast<Isa>(i);
  std::string nearest = nearest_name(std::string(name), std::vector<std::string>(std::begin(kNames), std::end(kNames)));
  throw Error("`" + std::string(name) + "` is not an instruction-set level", "LACONIC_ISA",
              nearest.empty() ? "choose one of: scalar, avx2, avx512" : "did you mean `" + nearest + "`?");
}

}  // namespace laconic::kernels
