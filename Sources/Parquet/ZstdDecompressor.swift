import CZstd

/// One zstd decompression context.
@safe
struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer

    init() throws(ParquetReadError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .limitExceeded("no memory for zstd") }
        unsafe self.context = unsafe context
    }

    deinit {
        unsafe ZSTD_freeDCtx(context)
    }

    /// Decompresses all of `source`, which must give exactly `byteCount` bytes, into the start of `target`.
    ///
    /// Returns false when it is not a sound zstd frame of that size.
    mutating func decompress(_ source: Span<UInt8>, byteCount: Int, into target: inout [UInt8]) -> Bool {
        let context = unsafe self.context
        // Safe: both buffers live for the call, and each is given with its own count.
        let announced = unsafe source.withUnsafeBufferPointer { input in
            unsafe ZSTD_getFrameContentSize(input.baseAddress, input.count)
        }
        // All ones and the number before mean unknown and not zstd. Asked before memory is taken for it.
        if announced < UInt64.max - 1, announced != UInt64(byteCount) { return false }
        if target.count < byteCount { target = [UInt8](repeating: 0, count: byteCount) }
        // Safe: as above; no more than `byteCount` bytes are written.
        let written = unsafe source.withUnsafeBufferPointer { input in
            unsafe target.withUnsafeMutableBytes { output in
                unsafe ZSTD_decompressDCtx(context, output.baseAddress, byteCount, input.baseAddress, input.count)
            }
        }
        return ZSTD_isError(written) == 0 && written == byteCount
    }
}
