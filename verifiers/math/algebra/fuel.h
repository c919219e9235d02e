/* Counted work: every allocation of FLINT, Arb, Calcium, GMP and MPFR goes through here. The counts of a
 * phase repeat exactly from run to run, so what they end is ended everywhere alike. */
#ifndef LACONIC_ALGEBRA_FUEL_H
#define LACONIC_ALGEBRA_FUEL_H

#include <stdint.h>

/* Called once, before the libraries allocate. */
void fuel_install(void);

/* A phase begins: its counts start at zero. `spent` is called when one is exceeded, `refused` when the
 * system gives no memory; neither returns. Without a call there is no limit. */
void fuel_begin(uint64_t allocations, uint64_t bytes, void (*spent)(void), void (*refused)(void));

uint64_t fuel_allocations(void);
uint64_t fuel_bytes(void);

#endif
