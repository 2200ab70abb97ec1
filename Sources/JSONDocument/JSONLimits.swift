/// What a parser accepts.
public struct JSONLimits: Sendable, Equatable {
    /// How deep arrays and objects may be nested.
    ///
    /// `[[1]]` is 2 deep; empty ones add no depth.
    public var maximumDepth: Int
    /// The longest text in bytes.
    public var maximumByteCount: Int

    /// Sets limits; those given by default suit messages of telemetry.
    ///
    /// - Parameters:
    ///   - maximumDepth: how deep arrays and objects may be nested.
    ///   - maximumByteCount: the longest text in bytes, at most 1 GiB (tape offsets are 32 bits wide).
    public init(maximumDepth: Int = 64, maximumByteCount: Int = 16 << 20) {
        precondition(maximumDepth >= 1, "a document is at least one value deep")
        precondition((1...(1 << 30)).contains(maximumByteCount), "a text is 1 byte to 1 GiB long")
        self.maximumDepth = maximumDepth
        self.maximumByteCount = maximumByteCount
    }
}
