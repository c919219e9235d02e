#include "verifiers/math/algebra/program.h"

#include <string.h>

#include "verifiers/math/algebra/protocol.h"

/* Arguments of the operation, or -1 for a byte that is none. */
static int arguments_of(uint8_t byte) {
  switch (byte) {
#define ALGEBRA_OPERATION(name, byte, arguments) \
  case byte: return arguments;
#include "verifiers/math/algebra/operations.def"
#undef ALGEBRA_OPERATION
    default: return -1;
  }
}

static uint32_t read_u32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

/* -?digits[/digits], the second not all zeros. */
static int is_number(const char *text, uint32_t length) {
  uint32_t i = 0, digits = 0, nonzero = 0;
  int slash = 0;
  if (length == 0 || length > ALGEBRA_MAX_DIGITS) return 0;
  if (text[0] == '-') i = 1;
  for (; i < length; ++i) {
    if (text[i] == '/') {
      if (slash || digits == 0) return 0;
      slash = 1;
      digits = nonzero = 0;
    } else if (text[i] >= '0' && text[i] <= '9') {
      ++digits;
      nonzero += text[i] != '0';
    } else {
      return 0;
    }
  }
  return digits > 0 && (!slash || nonzero > 0);
}

int algebra_next(struct algebra_program program, size_t *at, struct algebra_step *step) {
  if (*at >= program.size) return 0;
  memset(step, 0, sizeof *step);
  step->operation = (enum algebra_operation)program.bytes[*at];
  ++*at;
  if (step->operation == ALGEBRA_NUMBER) {
    if (program.size - *at < sizeof(uint32_t)) return 0;
    step->length = read_u32(program.bytes + *at);
    *at += sizeof(uint32_t);
    if (program.size - *at < step->length) return 0;
    step->text = (const char *)program.bytes + *at;
    *at += step->length;
  }
  return 1;
}

int algebra_well_formed(struct algebra_program program) {
  size_t at = 0;
  int stack = 0, steps = 0;
  while (at < program.size) {
    struct algebra_step step;
    const int arguments = arguments_of(program.bytes[at]);
    if (arguments < 0 || arguments > stack || !algebra_next(program, &at, &step)) return 0;
    if (step.operation == ALGEBRA_NUMBER && !is_number(step.text, step.length)) return 0;
    stack += 1 - arguments;
    if (stack > ALGEBRA_MAX_STACK || ++steps > ALGEBRA_MAX_STEPS) return 0;
  }
  return stack == 1;
}

int algebra_split(const uint8_t *body, size_t size, struct algebra_program *gold, struct algebra_program *prediction) {
  uint32_t first;
  if (size < sizeof first) return 0;
  first = read_u32(body);
  if (first > size - sizeof first) return 0;
  gold->bytes = body + sizeof first;
  gold->size = first;
  prediction->bytes = gold->bytes + first;
  prediction->size = size - sizeof first - first;
  return algebra_well_formed(*gold) && algebra_well_formed(*prediction);
}
