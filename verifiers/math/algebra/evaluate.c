#include "verifiers/math/algebra/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include <calcium/ca.h>
#include <calcium/ca_vec.h>

typedef void (*unary)(ca_t, const ca_t, ca_ctx_t);
typedef void (*binary)(ca_t, const ca_t, const ca_t, ca_ctx_t);

static const struct {
  enum algebra_operation operation;
  unary function;
} kUnary[] = {
    {ALGEBRA_NEGATE, ca_neg}, {ALGEBRA_SQRT, ca_sqrt},   {ALGEBRA_EXP, ca_exp},     {ALGEBRA_LOG, ca_log},     {ALGEBRA_SIN, ca_sin},
    {ALGEBRA_COS, ca_cos},    {ALGEBRA_TAN, ca_tan},     {ALGEBRA_ARCSIN, ca_asin}, {ALGEBRA_ARCCOS, ca_acos}, {ALGEBRA_ARCTAN, ca_atan},
    {ALGEBRA_ABS, ca_abs},    {ALGEBRA_RE, ca_re},       {ALGEBRA_IM, ca_im},       {ALGEBRA_CONJUGATE, ca_conj},
};

static const struct {
  enum algebra_operation operation;
  binary function;
} kBinary[] = {{ALGEBRA_ADD, ca_add}, {ALGEBRA_MULTIPLY, ca_mul}, {ALGEBRA_DIVIDE, ca_div}, {ALGEBRA_POWER, ca_pow}};

static void set_number(ca_t x, const char *text, uint32_t length, ca_ctx_t ctx) {
  char copy[ALGEBRA_MAX_DIGITS + 1];
  fmpq_t value;
  memcpy(copy, text, length);
  copy[length] = 0;
  fmpq_init(value);
  fmpq_set_str(value, copy, 10);
  fmpq_canonicalise(value);
  ca_set_fmpq(x, value, ctx);
  fmpq_clear(value);
}

static void evaluate(ca_t result, struct algebra_program program, ca_ctx_t ctx) {
  struct algebra_step step;
  size_t at = 0, top = 0, i;
  ca_ptr stack = _ca_vec_init(ALGEBRA_MAX_STACK + 1, ctx);
  while (algebra_next(program, &at, &step)) {
    switch (step.operation) {
      case ALGEBRA_NUMBER: set_number(stack + top++, step.text, step.length, ctx); continue;
      case ALGEBRA_PI: ca_pi(stack + top++, ctx); continue;
      case ALGEBRA_E:
        ca_one(stack + top, ctx);
        ca_exp(stack + top, stack + top, ctx);
        ++top;
        continue;
      case ALGEBRA_I: ca_i(stack + top++, ctx); continue;
      default: break;
    }
    for (i = 0; i < sizeof kUnary / sizeof *kUnary; ++i) {
      if (kUnary[i].operation == step.operation) kUnary[i].function(stack + top - 1, stack + top - 1, ctx);
    }
    for (i = 0; i < sizeof kBinary / sizeof *kBinary; ++i) {
      if (kBinary[i].operation != step.operation) continue;
      --top;
      kBinary[i].function(stack + top - 1, stack + top - 1, stack + top, ctx);
    }
  }
  ca_swap(result, stack, ctx);
  _ca_vec_clear(stack, ALGEBRA_MAX_STACK + 1, ctx);
}

/* T_TRUE is 0 in Calcium: truths are compared by name, never used as conditions. */
static int is_number(const ca_t x, ca_ctx_t ctx) { return ca_check_is_number(x, ctx) == T_TRUE; }
static int is_no_number(const ca_t x, ca_ctx_t ctx) { return ca_check_is_number(x, ctx) == T_FALSE; }

enum algebra_result algebra_compare(struct algebra_program gold, struct algebra_program prediction, void (*enter)(enum algebra_phase)) {
  ca_ctx_t ctx;
  ca_t x, y;
  truth_t truth;
  ca_ctx_init(ctx);
  ca_ctx_set_option(ctx, CA_OPT_QQBAR_DEG_LIMIT, 80);
  ca_ctx_set_option(ctx, CA_OPT_PREC_LIMIT, 2048);
  ca_init(x, ctx);
  ca_init(y, ctx);
  enter(ALGEBRA_GOLD);
  evaluate(x, gold, ctx);
  if (!is_number(x, ctx)) return is_no_number(x, ctx) ? ALGEBRA_NO_VALUE : ALGEBRA_UNKNOWN;
  enter(ALGEBRA_PREDICTION);
  evaluate(y, prediction, ctx);
  if (!is_number(y, ctx)) return is_no_number(y, ctx) ? ALGEBRA_NO_VALUE : ALGEBRA_UNKNOWN;
  enter(ALGEBRA_COMPARISON);
  truth = ca_check_equal(x, y, ctx);
  return truth == T_TRUE ? ALGEBRA_EQUAL : truth == T_FALSE ? ALGEBRA_DIFFERENT : ALGEBRA_UNKNOWN;
}
