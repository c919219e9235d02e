// What goes in and out of the exact-algebra helper: request bodies are checked whole before anything is
// evaluated, and a reply is read or refused.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verifiers/math/algebra/program.h"
#include "verifiers/math/algebra/protocol.h"
#include "verifiers/math/algebra_client.h"

namespace {

// A well-formed program is walked to its last byte, never below its stack, to exactly one value.
void walk(algebra_program program) {
  std::size_t at = 0;
  int stack = 0, steps = 0;
  algebra_step step;
  while (algebra_next(program, &at, &step)) {
    int arguments = 0;
    switch (step.operation) {
#define ALGEBRA_OPERATION(name, byte, count) \
  case ALGEBRA_##name: arguments = count; break;
#include "verifiers/math/algebra/operations.def"
#undef ALGEBRA_OPERATION
    }
    if (stack < arguments) std::abort();
    stack += 1 - arguments;
    if (stack > ALGEBRA_MAX_STACK || ++steps > ALGEBRA_MAX_STEPS) std::abort();
    if (step.operation == ALGEBRA_NUMBER && (step.length == 0 || step.length > ALGEBRA_MAX_DIGITS)) std::abort();
  }
  if (at != program.size || stack != 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  algebra_program gold, prediction;
  if (algebra_split(data, size, &gold, &prediction)) {
    walk(gold);
    walk(prediction);
  }
  laconic::verifiers::math::read_algebra_reply({reinterpret_cast<const char*>(data), size});
  return 0;
}
