#ifndef PHUSA_CCHECKSUM_H
#define PHUSA_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes` behind what `crc` already covers; 0 covers nothing.
///
/// Uses the processor's instruction where there is one: SSE 4.2 on x86-64, the CRC extension on ARM.
uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t byte_count);

/// The same in portable C, slicing by 8.
uint32_t crc32c_extend_portable(uint32_t crc, const void *bytes, size_t byte_count);

#endif
