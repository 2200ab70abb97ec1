#ifndef CPREFETCH_H
#define CPREFETCH_H

/* Asks the processor for the cache line at `address`, which will be written soon. It reads nothing and cannot fail:
   an address that is not mapped is ignored. Swift has no word for it. */
static inline void prefetch_for_writing(const void *address) { __builtin_prefetch(address, 1); }

#endif
