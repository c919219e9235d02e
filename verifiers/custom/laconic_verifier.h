/* A verifier as a shared object: the C interface, version 1.
 *
 *   #include "laconic_verifier.h"
 *
 *   LACONIC_VERIFIER int laconic_verify(const laconic_request* request, laconic_verdict* verdict) {
 *     int right = request->answer && request->gold && strcmp(request->answer, request->gold) == 0;
 *     verdict->outcome = right ? LACONIC_PASS : request->answer ? LACONIC_FAIL : LACONIC_NO_ANSWER;
 *     verdict->score = right;
 *     return 0;
 *   }
 *   LACONIC_VERIFIER int laconic_verifier_version(void) { return LACONIC_VERIFIER_VERSION; }
 *
 * C and C++; needs nothing else. The object is loaded in a worker process of its own, never in the
 * training process: a crash or a hang costs one answer a second try, not the run. All calls come from
 * one thread, one after the other. Texts are UTF-8 with a terminating NUL, valid during the call.
 *
 * The verdict must be a function of the request alone. An exception must not leave laconic_verify. */
#ifndef LACONIC_VERIFIER_H
#define LACONIC_VERIFIER_H

#include <stddef.h>
#include <stdint.h>

#define LACONIC_VERIFIER_VERSION 1

#ifdef __cplusplus
#define LACONIC_VERIFIER extern "C" __attribute__((visibility("default")))
#else
#define LACONIC_VERIFIER __attribute__((visibility("default")))
#endif

/* PASS and FAIL count with `score`. NO_ANSWER counts with 0. UNDECIDED and SKIP are left out: absent,
 * which is not zero. */
enum laconic_outcome {
  LACONIC_PASS = 0,
  LACONIC_FAIL = 1,
  LACONIC_NO_ANSWER = 2,
  LACONIC_UNDECIDED = 3,
  LACONIC_SKIP = 4
};

typedef struct laconic_request {
  size_t size;           /* of this structure: later versions may be longer */
  const char* ticket;    /* which sample: "s1/train/12/0/3/5" */
  const char* prompt;
  const char* response;  /* everything after the prompt, special tokens as text */
  size_t response_size;  /* bytes; a response may itself hold NULs */
  const char* answer;    /* after the reasoning: inside the last \boxed{} or <answer>, or after ####; NULL: none */
  const char* gold;      /* the row's column `answer` or `gold`, as text; NULL: it has none */
  const char* columns;   /* the whole row as a JSON object */
  int finished;          /* 0: cut at the token limit */
} laconic_request;

typedef struct laconic_verdict {
  size_t size;              /* of this structure */
  int outcome;              /* laconic_outcome */
  double score;             /* finite; counts for PASS and FAIL */
  char extracted[1024];     /* the answer as found; may stay empty */
  char explanation[2048];   /* one line: what decided */
} laconic_verdict;

#ifdef __cplusplus
extern "C" {
#endif

/* Must return LACONIC_VERIFIER_VERSION. */
__attribute__((visibility("default"))) int laconic_verifier_version(void);

/* Optional: called once before the first request. Not 0: the verifier cannot start. */
__attribute__((visibility("default"))) int laconic_verifier_start(void);

/* Fills `verdict` (all zero at the call) and returns 0. Anything else: the verifier itself failed
 * (`explanation` may say why); the answer is then absent, not wrong. */
__attribute__((visibility("default"))) int laconic_verify(const laconic_request* request, laconic_verdict* verdict);

#ifdef __cplusplus
}
#endif

#endif
