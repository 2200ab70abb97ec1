import JSONDocument
import Telemetry

/// A message as the readers of formats get it.
struct PayloadMessage: ~Escapable {
    /// The payload and `JSONParser.paddingByteCount` readable bytes behind it.
    let buffer: RawSpan
    let byteCount: Int
    let topic: RawSpan
    let arrival: EventTime

    /// `buffer` ends with the bytes behind the payload.
    @_lifetime(copy buffer, copy topic)
    init(buffer: RawSpan, topic: RawSpan, arrival: EventTime) {
        self.buffer = buffer
        byteCount = buffer.byteCount - JSONParser.paddingByteCount
        self.topic = topic
        self.arrival = arrival
    }

    /// The payload alone.
    var payload: RawSpan {
        @_lifetime(copy self)
        get { buffer.extracting(0..<byteCount) }
    }
}

extension RawSpan {
    /// The byte at `offset`, which must be inside.
    @inline(__always)
    func octet(at offset: Int) -> UInt8 {
        // Safe: any byte is a UInt8; the bounds are checked.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
