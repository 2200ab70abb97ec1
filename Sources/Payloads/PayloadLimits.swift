/// What a payload may cost.
package struct PayloadLimits: Sendable {
    /// How deep what the payload stands for may be nested.
    package var maximumDepth: Int
    /// The longest payload, as it came.
    package var maximumByteCount: Int
    /// The most bytes that a compressed payload may expand to, and the most that the texts of its records may have.
    package var maximumExpandedByteCount: Int
    /// The most records in one payload.
    package var maximumRecordCount: Int

    /// Sets limits; those given by default suit messages of telemetry.
    ///
    /// - Parameters:
    ///   - maximumDepth: how deep it may be nested.
    ///   - maximumByteCount: 256 KiB, as MQTT brokers in the field limit payloads there or below.
    ///   - maximumExpandedByteCount: 4 MiB, sixteen times that: what telemetry compresses to at its best.
    ///   - maximumRecordCount: 65,536, one for every four bytes of the longest payload.
    package init(
        maximumDepth: Int = 64, maximumByteCount: Int = 256 << 10, maximumExpandedByteCount: Int = 4 << 20,
        maximumRecordCount: Int = 1 << 16
    ) {
        self.maximumDepth = maximumDepth
        self.maximumByteCount = maximumByteCount
        self.maximumExpandedByteCount = maximumExpandedByteCount
        self.maximumRecordCount = maximumRecordCount
    }
}
