extension String {
    /// The UTF-8 bytes of the string, without a copy.
    package var utf8Bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: UInt8 has no padding, and the span lives no longer than `self`.
            unsafe _overrideLifetime(utf8Span.span.bytes, borrowing: self)
        }
    }

    /// Reads `bytes` as UTF-8; what is not UTF-8 becomes U+FFFD.
    package init(decoding bytes: RawSpan) {
        self = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
