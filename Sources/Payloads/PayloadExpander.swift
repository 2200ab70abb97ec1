import CZlib
import CZstd
import Glibc
import JSONDocument
package import Telemetry

/// Undoes gzip and zstd, at a cost that the limit bounds whatever the payload says.
///
/// The contexts of the two libraries are made when they are first needed, so an expander that meets no compressed
/// payload costs nothing. It may be handed from thread to thread, but serves one at a time.
@safe
package struct PayloadExpander: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    /// How a payload is compressed.
    package enum Compression: Sendable {
        case gzip
        /// RFC 1950, which no magic number tells: only where a format says so.
        case zlib
        case zstd
    }

    /// The most bytes that a payload may expand to.
    package let limit: Int
    private var output: UnsafeMutableRawPointer?
    private var zlibStream: UnsafeMutablePointer<z_stream>?
    private var zstdContext: OpaquePointer?
    private var count = 0

    /// 8 MiB, the window of zstd's level 19; larger ones are for archives, and would cost their size in memory.
    private static let largestWindowLog: Int32 = 23

    /// Makes an expander; no limit is above 1 GiB, as zlib counts in 32 bits.
    package init(limit: Int) {
        self.limit = min(limit, 1 << 30)
    }

    deinit {
        // Safe: each was made here and is given up once; both functions take null.
        if let zlibStream = unsafe zlibStream {
            unsafe inflateEnd(zlibStream)
            unsafe zlibStream.deallocate()
        }
        unsafe ZSTD_freeDCtx(zstdContext)
        unsafe free(output)
    }

    /// How `payload` is compressed, told by its magic number; no supported format can begin with one of them.
    package static func compression(of payload: RawSpan) -> Compression? {
        guard payload.byteCount >= 2 else { return nil }
        if payload.octet(at: 0) == 0x1F, payload.octet(at: 1) == 0x8B { return .gzip }
        guard payload.byteCount >= 4, payload.octet(at: 0) == 0x28, payload.octet(at: 1) == 0xB5,
            payload.octet(at: 2) == 0x2F, payload.octet(at: 3) == 0xFD
        else { return nil }
        return .zstd
    }

    /// Expands all of `payload` into ``padded``.
    ///
    /// - Returns: why that cannot be done, with the byte of the compressed payload at which reading stopped.
    package mutating func expand(_ payload: RawSpan, _ compression: Compression) -> Refusal? {
        count = 0
        if unsafe output == nil {
            // One byte more than the limit tells what is too large; pages are taken only as they are written.
            // Safe: owned from here on, until `deinit`.
            unsafe output = malloc(limit + 1 + JSONParser.paddingByteCount)
        }
        guard let output = unsafe output else { fatalError("no memory to expand a payload to \(limit) bytes") }
        switch compression {
        case .gzip, .zlib: return unsafe inflate(payload, to: output, compression)
        case .zstd: return unsafe decompress(payload, to: output)
        }
    }

    /// What the last payload expanded to, with `JSONParser.paddingByteCount` bytes behind it.
    package var padded: RawSpan {
        @_lifetime(borrow self)
        get {
            guard let output = unsafe output else { return RawSpan() }
            // Safe: that much was allocated, the first `count` bytes were written and the padding is zeroed below.
            let span = unsafe RawSpan(_unsafeStart: output, byteCount: count + JSONParser.paddingByteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    // MARK: zlib

    @unsafe
    private mutating func inflate(
        _ payload: RawSpan, to output: UnsafeMutableRawPointer, _ compression: Compression
    ) -> Refusal? {
        let stream = unsafe readyStream()
        // Safe: zlib reads `avail_in` bytes from `next_in` and writes `avail_out` to `next_out`, which are given
        // together; it does not write to its input, and both buffers outlive the loop.
        let refusal: Refusal? = unsafe payload.withUnsafeBytes { input in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.pointee.avail_in = uInt(input.count)
            unsafe stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = uInt(limit + 1)
            return unsafe inflate(stream, byteCount: input.count, compression)
        }
        // Safe: avail_out counts what is left of limit + 1.
        count = unsafe refusal == nil ? limit + 1 - Int(stream.pointee.avail_out) : 0
        // Safe: the padding was allocated behind limit + 1 bytes.
        unsafe memset(output + count, 0x20, JSONParser.paddingByteCount)
        return refusal
    }

    @unsafe
    private func inflate(
        _ stream: UnsafeMutablePointer<z_stream>, byteCount: Int, _ compression: Compression
    ) -> Refusal? {
        while true {
            // Safe: the caller has set up the stream and both of its buffers.
            let result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
            let offset = unsafe byteCount - Int(stream.pointee.avail_in)
            if unsafe stream.pointee.avail_out == 0 { return tooLarge(at: offset) }
            switch result {
            case Z_STREAM_END:
                if offset == byteCount { return nil }
                // RFC 1952: a file is a series of members. What is no further member is refused by the next round.
                // Safe: a reset keeps the buffers and their counts.
                guard compression == .gzip, unsafe inflateReset(stream) == Z_OK else {
                    return Refusal(
                        .notGzip, byteOffset: offset, sentence: "\(byteCount - offset) bytes follow the compressed data"
                    )
                }
            case Z_OK:
                if offset == byteCount { return Self.truncated(compression, at: offset) }
            case Z_BUF_ERROR: return Self.truncated(compression, at: offset)
            default:
                // Safe: zlib's messages are constant texts that end with a zero.
                let text = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "error \(result)"
                return Refusal(
                    .notGzip, byteOffset: offset, sentence: "the compressed data is damaged: \(text)")
            }
        }
    }

    @unsafe
    private mutating func readyStream() -> UnsafeMutablePointer<z_stream> {
        if let stream = unsafe zlibStream {
            // Safe: the stream was initialised below.
            unsafe inflateReset(stream)
            return unsafe stream
        }
        // Safe: owned by the expander, which ends and deallocates it.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 32 more than the largest window: zlib and gzip, told by the header.
        // Safe: the stream is zeroed, as zlib asks, and its layout is that of the header this is built with.
        let result = unsafe inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        require(result == Z_OK, "zlib has memory for a stream, and the version that this was built with")
        unsafe zlibStream = stream
        return unsafe stream
    }

    // MARK: zstd

    @unsafe
    private mutating func decompress(_ payload: RawSpan, to output: UnsafeMutableRawPointer) -> Refusal? {
        let context = unsafe readyContext()
        var refusal: Refusal?
        // Safe: both buffers are given with their counts and outlive the loop.
        count = unsafe payload.withUnsafeBytes { input in
            let announced = unsafe ZSTD_getFrameContentSize(input.baseAddress, input.count)
            // All ones and the number before mean unknown and not zstd.
            if announced < UInt64.max - 1, announced > UInt64(limit) {
                refusal = tooLarge(at: 0)
                return 0
            }
            var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
            var target = unsafe ZSTD_outBuffer(dst: output, size: limit + 1, pos: 0)
            while refusal == nil {
                // Safe: zstd moves both positions within the sizes that it was given.
                let before = (unsafe source.pos, unsafe target.pos)
                let result = unsafe ZSTD_decompressStream(context, &target, &source)
                if ZSTD_isError(result) != 0 {
                    refusal = unsafe self.refusal(ZSTD_getErrorCode(result), at: source.pos)
                } else if unsafe target.pos > limit {
                    refusal = unsafe tooLarge(at: source.pos)
                } else if unsafe source.pos == source.size, result == 0 {
                    return unsafe target.pos
                } else if unsafe before == (source.pos, target.pos) {
                    refusal = unsafe Self.truncated(.zstd, at: source.pos)
                }
            }
            return 0
        }
        // Safe: the padding was allocated behind limit + 1 bytes.
        unsafe memset(output + count, 0x20, JSONParser.paddingByteCount)
        return refusal
    }

    @unsafe
    private mutating func readyContext() -> OpaquePointer {
        if let context = unsafe zstdContext {
            // Safe: the context is ours; this forgets a frame that was left half read.
            _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
            return unsafe context
        }
        guard let context = unsafe ZSTD_createDCtx() else { fatalError("no memory for zstd") }
        // Safe: the context was just made.
        let result = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindowLog)
        require(ZSTD_isError(result) == 0, "zstd knows its window limit")
        unsafe zstdContext = unsafe context
        return unsafe context
    }

    private func refusal(_ code: ZSTD_ErrorCode, at offset: Int) -> Refusal {
        if code == ZSTD_error_frameParameter_windowTooLarge {
            return Refusal(
                .expandedTooLarge, byteOffset: offset,
                sentence: "the frame needs a window of more than \(1 << Self.largestWindowLog) bytes")
        }
        // Safe: zstd's names of errors are constant texts that end with a zero.
        let text = unsafe String(cString: ZSTD_getErrorString(code))
        return Refusal(.notZstd, byteOffset: offset, sentence: "the compressed data is damaged: \(text)")
    }

    private func tooLarge(at offset: Int) -> Refusal {
        Refusal(
            .expandedTooLarge, byteOffset: offset, sentence: "the payload expands to more than \(limit) bytes")
    }

    private static func truncated(_ compression: Compression, at offset: Int) -> Refusal {
        Refusal(.truncated, byteOffset: offset, sentence: "the \(compression) data ends within a frame")
    }
}
