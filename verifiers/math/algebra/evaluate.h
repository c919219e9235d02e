/* Programs as exact constants of Calcium. */
#ifndef LACONIC_ALGEBRA_EVALUATE_H
#define LACONIC_ALGEBRA_EVALUATE_H

#include "verifiers/math/algebra/program.h"
#include "verifiers/math/algebra/protocol.h"

/* Compares two well-formed programs in a fresh context; `enter` is told each phase before it begins. */
enum algebra_result algebra_compare(struct algebra_program gold, struct algebra_program prediction, void (*enter)(enum algebra_phase));

#endif
