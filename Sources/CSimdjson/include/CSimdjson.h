#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A simdjson DOM parser with its tape and string buffer. One thread at a time; freed by csimdjson_free. */
typedef struct csimdjson_parser csimdjson_parser;

/* Where the parsed document lies. The parser owns the memory; the next parse overwrites it. */
typedef struct {
    const uint64_t *tape;
    size_t tape_word_count;
    const uint8_t *strings;
    size_t string_byte_count;
} csimdjson_document;

/* How a parse ended. What exactly is wrong with the text, and where, the caller finds out by a scan of its own. */
typedef enum {
    CSIMDJSON_OK = 0,
    CSIMDJSON_INVALID = 1,
    CSIMDJSON_TOO_DEEP = 2,
    CSIMDJSON_OUT_OF_MEMORY = 3,
} csimdjson_result;

/* NULL without memory. `capacity` is the longest text that needs no further allocation. */
csimdjson_parser *csimdjson_new(size_t capacity, size_t maximum_depth);
void csimdjson_free(csimdjson_parser *parser);

/* `text` must have 64 readable bytes behind its `byte_count` bytes; they do not influence the result. */
csimdjson_result csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *text, size_t byte_count, csimdjson_document *document);

#ifdef __cplusplus
}
#endif

#endif
