// What every C attack shares. An attempt that is refused is "held"; one that works is reported as
// THROUGH and makes the exit code 1. A program that ends with "held" and 0 got nothing.
#ifndef ATTACK_H
#define ATTACK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int attack_through;

// `got`: what the attempt brought, true when it worked.
static inline void attempt(const char* what, int got) {
  if (!got) return;
  printf("THROUGH: %s\n", what);
  fflush(stdout);
  attack_through = 1;
}

static inline int finish(void) {
  if (!attack_through) puts("held");
  fflush(stdout);
  return attack_through;
}

// Keeps a processor busy until killed.
static inline void burn(void) {
  volatile uint64_t n = 0;
  for (;;) n++;
}

// Memory that is written and that the compiler believes to be read; NULL when there is none.
static inline char* touched(size_t bytes) {
  char* p = malloc(bytes);
  if (p) memset(p, 7, bytes);
  __asm__ volatile("" : : "r"(p) : "memory");
  return p;
}

static inline int is(const char* a, const char* b) { return strcmp(a, b) == 0; }

#endif
