import Telemetry

/// Why bytes are no CBOR, or hold what no record can have.
struct CBORError: Error {
    let reason: RefusalReason
    let byteOffset: Int
    let sentence: String
    /// The way from the record to the value, innermost first; filled in on the way out.
    var path: [String] = []

    init(_ reason: RefusalReason, at byteOffset: Int, _ sentence: String) {
        self.reason = reason
        self.byteOffset = byteOffset
        self.sentence = sentence
    }

    /// The refusal of a record that stands at `place`.
    func refusal(at place: String) -> Refusal {
        let pointer = path.reversed().reduce(into: place) { $0 += "/" + JSONPointerToken.escaped($1) }
        return Refusal(reason, pointer: pointer, byteOffset: byteOffset, sentence: sentence)
    }
}
