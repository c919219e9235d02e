/* What `laconic-algebra` and its client say to each other over a pair of pipes, little-endian:
 *
 *   request   u32 length, u32 bytes of the gold's program, the program, the prediction's program
 *   reply     struct algebra_reply, whole
 *
 * One request at a time. Plain C: the helper is C because Calcium's headers are. */
#ifndef LACONIC_ALGEBRA_PROTOCOL_H
#define LACONIC_ALGEBRA_PROTOCOL_H

#include <stdint.h>

#define ALGEBRA_MAX_REQUEST (64u << 10)   /* bytes */
#define ALGEBRA_MAX_STEPS 2048            /* operations of one program */
#define ALGEBRA_MAX_STACK 512
#define ALGEBRA_MAX_DIGITS 6000           /* of one number's text */
#define ALGEBRA_MAGIC 0x4c414c31u         /* "LAL1" */

enum algebra_result {
  ALGEBRA_EQUAL = 1,
  ALGEBRA_DIFFERENT,
  ALGEBRA_UNKNOWN,
  ALGEBRA_OVER_BUDGET,  /* counted work was spent */
  ALGEBRA_NO_VALUE,     /* undefined or infinite */
  ALGEBRA_ABORTED,      /* the library gave up (SIGABRT) */
  ALGEBRA_CRASHED,      /* another signal */
  ALGEBRA_TIME,         /* the clock's backstop */
  ALGEBRA_MEMORY,       /* the address space's backstop */
  ALGEBRA_MALFORMED     /* the request is no pair of programs */
};

enum algebra_phase { ALGEBRA_GOLD = 1, ALGEBRA_PREDICTION, ALGEBRA_COMPARISON };

struct algebra_reply {
  uint32_t magic;
  uint32_t result;       /* enum algebra_result */
  uint32_t phase;        /* where it was decided: each phase has a budget of its own */
  uint32_t signal;       /* ALGEBRA_CRASHED */
  uint64_t allocations;  /* of that phase */
  uint64_t bytes;
  uint64_t cpu_us;       /* of the child, for diagnosis only: it decides nothing */
};

#endif
