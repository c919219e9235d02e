/* laconic-algebra: exact constants in a process of their own.
 *
 * FLINT, Arb and Calcium abort on error and on allocation failure and take unbounded time on hostile
 * input, and Debian's FLINT loads a GPL library: so they live here, and every comparison in a child
 * forked from this warm process. The child's counted work decides; memory and time are backstops. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifiers/math/algebra/evaluate.h"
#include "verifiers/math/algebra/fuel.h"

/* Each phase. Chosen so that a spent budget takes some 10 ms. */
static const uint64_t kAllocations = 12000, kBytes = 16u << 20;
static const rlim_t kAddressSpace = (rlim_t)1 << 30;
static const rlim_t kCpuSeconds = 3;

/* What the child found so far, in memory shared with it: it may end at any instruction. */
static struct algebra_reply *shared;

static void end_with(enum algebra_result result) {
  shared->result = result;
  shared->allocations = fuel_allocations();
  shared->bytes = fuel_bytes();
  _exit(0);
}
static void on_spent(void) { end_with(ALGEBRA_OVER_BUDGET); }
static void on_refused(void) { end_with(ALGEBRA_MEMORY); }

static void enter(enum algebra_phase phase) {
  shared->phase = phase;
  fuel_begin(kAllocations, kBytes, on_spent, on_refused);
}

static void limit(int resource, rlim_t value) {
  struct rlimit both;
  both.rlim_cur = both.rlim_max = value;
  setrlimit(resource, &both);
}

static void run_child(struct algebra_program gold, struct algebra_program prediction) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_AS, kAddressSpace);
  limit(RLIMIT_CPU, kCpuSeconds);
  limit(RLIMIT_CORE, 0);
  close(0);
  close(1);
  close(2); /* FLINT prints before it aborts */
  end_with(algebra_compare(gold, prediction, enter));
}

static void compare(struct algebra_program gold, struct algebra_program prediction) {
  int status = 0;
  struct rusage usage = {0};
  const pid_t child = fork();
  if (child == 0) run_child(gold, prediction);
  if (child < 0) {
    shared->result = ALGEBRA_MEMORY;
    return;
  }
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  shared->cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u + (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  if (!WIFSIGNALED(status)) {
    if (shared->result == 0) shared->result = ALGEBRA_CRASHED;
    return;
  }
  shared->signal = (uint32_t)WTERMSIG(status);
  switch (WTERMSIG(status)) {
    case SIGABRT: shared->result = ALGEBRA_ABORTED; break;
    case SIGXCPU:
    case SIGKILL: shared->result = ALGEBRA_TIME; break;
    default: shared->result = ALGEBRA_CRASHED;
  }
}

static int read_all(void *to, size_t size) {
  char *at = to;
  while (size > 0) {
    const ssize_t n = read(0, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    at += n;
    size -= (size_t)n;
  }
  return 1;
}

static int write_all(const void *from, size_t size) {
  const char *at = from;
  while (size > 0) {
    const ssize_t n = write(1, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    at += n;
    size -= (size_t)n;
  }
  return 1;
}

static void no_phase(enum algebra_phase phase) { (void)phase; }

/* Fills the libraries' caches once, so that children share them: √2 + π, e^(iπ) + 1, log 2 + log 3. */
static void warm(void) {
  static const uint8_t radical[] = {'#', 1, 0, 0, 0, '2', 'r', 'p', '+'};
  static const uint8_t exponential[] = {'i', 'p', '*', 'x', '#', 1, 0, 0, 0, '1', '+'};
  static const uint8_t logarithms[] = {'#', 1, 0, 0, 0, '2', 'l', '#', 1, 0, 0, 0, '3', 'l', '+', 's'};
  const struct algebra_program a = {radical, sizeof radical}, b = {exponential, sizeof exponential}, c = {logarithms, sizeof logarithms};
  algebra_compare(a, b, no_phase);
  algebra_compare(b, c, no_phase);
  algebra_compare(c, c, no_phase);
}

int main(void) {
  static uint8_t body[ALGEBRA_MAX_REQUEST];
  uint32_t length;
  signal(SIGPIPE, SIG_IGN);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    perror("laconic-algebra: shared memory");
    return 3;
  }
  fuel_install();
  warm();
  while (read_all(&length, sizeof length)) {
    struct algebra_program gold, prediction;
    if (length > sizeof body || !read_all(body, length)) return 2; /* the two sides no longer agree where a frame begins */
    memset(shared, 0, sizeof *shared);
    if (algebra_split(body, length, &gold, &prediction)) compare(gold, prediction);
    else shared->result = ALGEBRA_MALFORMED;
    shared->magic = ALGEBRA_MAGIC;
    if (!write_all(shared, sizeof *shared)) return 0;
  }
  return 0;
}
