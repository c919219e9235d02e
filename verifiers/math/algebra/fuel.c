#include "verifiers/math/algebra/fuel.h"

#include <stdlib.h>

#include <flint/flint.h>
#include <gmp.h>

static uint64_t allocations, bytes, allocation_limit = UINT64_MAX, byte_limit = UINT64_MAX;
static void (*on_spent)(void), (*on_refused)(void);

static void charge(size_t size) {
  ++allocations;
  bytes += size;
  if ((allocations > allocation_limit || bytes > byte_limit) && on_spent) on_spent();
}

static void *checked(void *memory) {
  if (!memory) {
    if (on_refused) on_refused();
    abort();
  }
  return memory;
}

static void *fuel_malloc(size_t size) {
  charge(size);
  return checked(malloc(size ? size : 1));
}

static void *fuel_calloc(size_t count, size_t size) {
  charge(size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
  return checked(calloc(count ? count : 1, size ? size : 1));
}

static void *fuel_realloc(void *memory, size_t size) {
  charge(size);
  return checked(realloc(memory, size ? size : 1));
}

static void fuel_free(void *memory) { free(memory); }

static void *gmp_realloc(void *memory, size_t old_size, size_t size) {
  (void)old_size;
  return fuel_realloc(memory, size);
}

static void gmp_free(void *memory, size_t size) {
  (void)size;
  free(memory);
}

void fuel_install(void) {
  __flint_set_memory_functions(fuel_malloc, fuel_calloc, fuel_realloc, fuel_free);
  mp_set_memory_functions(fuel_malloc, gmp_realloc, gmp_free);
}

void fuel_begin(uint64_t allocation_budget, uint64_t byte_budget, void (*spent)(void), void (*refused)(void)) {
  allocations = bytes = 0;
  allocation_limit = allocation_budget;
  byte_limit = byte_budget;
  on_spent = spent;
  on_refused = refused;
}

uint64_t fuel_allocations(void) { return allocations; }
uint64_t fuel_bytes(void) { return bytes; }
