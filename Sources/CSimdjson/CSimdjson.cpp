#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <cstring>
#include <new>

#include "CSimdjson.h"

struct csimdjson_parser {
    simdjson::dom::parser parser;
    size_t capacity = 0;
    size_t maximum_depth;
    size_t string_byte_count = 0;

    explicit csimdjson_parser(size_t depth) noexcept : parser(SIZE_MAX), maximum_depth(depth) {}

    // The buffers are zeroed once, so that readers may load whole words from them.
    bool reserve(size_t wanted) noexcept {
        capacity = 0;
        if (parser.allocate(wanted, maximum_depth) || parser.doc.allocate(wanted)) return false;
        string_byte_count = SIMDJSON_ROUNDUP_N(5 * wanted / 3 + simdjson::SIMDJSON_PADDING, 64);
        std::memset(parser.doc.string_buf.get(), 0, string_byte_count);
        capacity = wanted;
        return true;
    }
};

extern "C" csimdjson_parser *csimdjson_new(size_t capacity, size_t maximum_depth) {
    auto *created = new (std::nothrow) csimdjson_parser(maximum_depth);
    if (created == nullptr) return nullptr;
    if (!created->reserve(capacity < 64 ? 64 : capacity)) {
        delete created;
        return nullptr;
    }
    return created;
}

extern "C" void csimdjson_free(csimdjson_parser *parser) { delete parser; }

extern "C" csimdjson_result csimdjson_parse(
    csimdjson_parser *self, const uint8_t *text, size_t byte_count, csimdjson_document *document) {
    if (byte_count > self->capacity) {
        const size_t doubled = self->capacity * 2;
        if (!self->reserve(byte_count > doubled ? byte_count : doubled)) return CSIMDJSON_OUT_OF_MEMORY;
    }
    switch (self->parser.parse(text, byte_count, false).error()) {
    case simdjson::SUCCESS:
        break;
    case simdjson::DEPTH_ERROR:
        return CSIMDJSON_TOO_DEEP;
    case simdjson::MEMALLOC:
        return CSIMDJSON_OUT_OF_MEMORY;
    default:
        return CSIMDJSON_INVALID;
    }
    const uint64_t *tape = self->parser.doc.tape.get();
    document->tape = tape;
    // The first word points to the last one, the end of the root.
    document->tape_word_count = static_cast<size_t>(tape[0] & 0x00FFFFFFFFFFFFFFULL) + 1;
    document->strings = self->parser.doc.string_buf.get();
    document->string_byte_count = self->string_byte_count;
    return CSIMDJSON_OK;
}
