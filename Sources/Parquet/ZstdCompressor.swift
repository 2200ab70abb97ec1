import CZstd

/// One zstd compression context, kept for a whole writer because making one costs more than compressing a page.
@safe
struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer

    init(level: Int) throws(ParquetWriteError) {
        guard let context = unsafe ZSTD_createCCtx() else { throw .compressionFailed("out of memory") }
        // Safe: the context was just made, and is freed here or owned by this value.
        let code = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        guard ZSTD_isError(code) == 0 else {
            unsafe ZSTD_freeCCtx(context)
            throw .compressionFailed(Self.text(of: code))
        }
        unsafe self.context = unsafe context
    }

    deinit {
        unsafe ZSTD_freeCCtx(context)
    }

    /// Compresses the first `count` bytes of `source` into the start of `target`, which grows as needed.
    ///
    /// Returns how many bytes were written.
    mutating func compress(_ source: [UInt8], count: Int, into target: inout [UInt8]) throws(ParquetWriteError) -> Int {
        target.reserveZeroed(ZSTD_compressBound(count))
        precondition(count <= source.count)
        let context = unsafe self.context
        // Safe: both buffers live for the call, `count` is within the source, and the capacity given is the target's.
        let code = unsafe source.withUnsafeBytes { input in
            unsafe target.withUnsafeMutableBytes { output in
                unsafe ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, count)
            }
        }
        if ZSTD_isError(code) != 0 { throw .compressionFailed(Self.text(of: code)) }
        return code
    }

    private static func text(of code: Int) -> String {
        // Safe: libzstd returns a pointer to a constant string.
        unsafe String(cString: ZSTD_getErrorName(code))
    }
}

extension [UInt8] {
    /// Makes sure that at least `byteCount` bytes can be addressed; what they hold is of no interest.
    mutating func reserveZeroed(_ byteCount: Int) {
        if count < byteCount { self = [UInt8](repeating: 0, count: byteCount + byteCount / 2 + 64) }
    }
}
