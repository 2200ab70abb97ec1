#include "CChecksum.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are loaded as little endian");

/// 0x1EDC6F41 with its bits in reverse.
static const uint32_t polynomial = 0x82F63B78;

/// table[k][b]: the CRC of byte b followed by k zero bytes. Written once, before main.
static uint32_t table[8][256];

uint32_t crc32c_extend_portable(uint32_t crc, const void *bytes, size_t byte_count) {
    const uint8_t *next = bytes;
    crc = ~crc;
    while (byte_count >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        word ^= crc;
        crc = table[7][word & 0xFF] ^ table[6][(word >> 8) & 0xFF] ^ table[5][(word >> 16) & 0xFF] ^
              table[4][(word >> 24) & 0xFF] ^ table[3][(word >> 32) & 0xFF] ^ table[2][(word >> 40) & 0xFF] ^
              table[1][(word >> 48) & 0xFF] ^ table[0][word >> 56];
        next += 8;
        byte_count -= 8;
    }
    while (byte_count-- > 0) crc = (crc >> 8) ^ table[0][(crc ^ *next++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)

static bool has_instruction(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2")))
static uint32_t extend_by_instruction(uint32_t crc, const void *bytes, size_t byte_count) {
    const uint8_t *next = bytes;
    uint64_t state = (uint32_t)~crc;
    for (; byte_count >= 8; byte_count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = _mm_crc32_u64(state, word);
    }
    uint32_t rest = (uint32_t)state;
    if (byte_count & 4) {
        uint32_t word;
        memcpy(&word, next, 4);
        rest = _mm_crc32_u32(rest, word);
        next += 4;
    }
    for (byte_count &= 3; byte_count > 0; byte_count--) rest = _mm_crc32_u8(rest, *next++);
    return ~rest;
}

#elif defined(__aarch64__)

static bool has_instruction(void) {
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

__attribute__((target("crc")))
static uint32_t extend_by_instruction(uint32_t crc, const void *bytes, size_t byte_count) {
    const uint8_t *next = bytes;
    uint32_t state = ~crc;
    for (; byte_count >= 8; byte_count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __crc32cd(state, word);
    }
    for (; byte_count > 0; byte_count--) state = __crc32cb(state, *next++);
    return ~state;
}

#else

static bool has_instruction(void) { return false; }
#define extend_by_instruction crc32c_extend_portable

#endif

/// Decided once, before main.
static bool uses_instruction;

__attribute__((constructor)) static void prepare(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? polynomial : 0);
        table[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 8; zeros++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t crc = table[zeros - 1][byte];
            table[zeros][byte] = (crc >> 8) ^ table[0][crc & 0xFF];
        }
    }
    uses_instruction = has_instruction();
}

uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t byte_count) {
    return uses_instruction ? extend_by_instruction(crc, bytes, byte_count)
                            : crc32c_extend_portable(crc, bytes, byte_count);
}
