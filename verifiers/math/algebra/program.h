/* Programs: expressions in postfix. Checked whole before anything is evaluated; no library is involved. */
#ifndef LACONIC_ALGEBRA_PROGRAM_H
#define LACONIC_ALGEBRA_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum algebra_operation {
#define ALGEBRA_OPERATION(name, byte, arguments) ALGEBRA_##name = byte,
#include "verifiers/math/algebra/operations.def"
#undef ALGEBRA_OPERATION
};

struct algebra_program {
  const uint8_t *bytes;
  size_t size;
};

struct algebra_step {
  enum algebra_operation operation;
  const char *text; /* ALGEBRA_NUMBER: not terminated */
  uint32_t length;
};

/* Splits a request's body into two programs that are both well-formed; 0 if it is not that. */
int algebra_split(const uint8_t *body, size_t size, struct algebra_program *gold, struct algebra_program *prediction);

/* Leaves exactly one value, never needs more than is there, within the limits of protocol.h. */
int algebra_well_formed(struct algebra_program program);

/* The step at *at of a well-formed program, and moves on; 0 at the end. */
int algebra_next(struct algebra_program program, size_t *at, struct algebra_step *step);

#ifdef __cplusplus
}
#endif

#endif
