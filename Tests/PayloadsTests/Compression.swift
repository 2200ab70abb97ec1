import CZlib
import CZstd

/// Compresses as gzip does.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    deflate(bytes, windowBits: 15 + 16)
}

/// Compresses in zlib's own form, RFC 1950.
func zlib(_ bytes: [UInt8]) -> [UInt8] {
    deflate(bytes, windowBits: 15)
}

private func deflate(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var stream = unsafe z_stream()
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 100)
    // Safe: both arrays live for the call and are given with their counts.
    let count = unsafe input.withUnsafeMutableBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { target in
            unsafe deflateInit2_(
                &stream, 9, Z_DEFLATED, windowBits, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = uInt(source.count)
            unsafe stream.next_out = target.baseAddress
            unsafe stream.avail_out = uInt(target.count)
            _ = unsafe deflate(&stream, Z_FINISH)
            let count = unsafe target.count - Int(stream.avail_out)
            _ = unsafe deflateEnd(&stream)
            return count
        }
    }
    return Array(output[..<count])
}

/// Compresses as zstd does, with a checksum, with or without the size of the content in the header.
func zstd(_ bytes: [UInt8], announcesCount: Bool = true) -> [UInt8] {
    guard let context = unsafe ZSTD_createCCtx() else { return [] }
    defer { unsafe ZSTD_freeCCtx(context) }
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, announcesCount ? 1 : 0)
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    // Safe: both arrays live for the call and are given with their counts.
    let count = unsafe bytes.withUnsafeBytes { source in
        unsafe output.withUnsafeMutableBytes { target in
            unsafe ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
        }
    }
    return Array(output[..<count])
}
