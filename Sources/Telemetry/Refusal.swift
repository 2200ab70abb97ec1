/// Why a message or a reading was not stored.
///
/// A refusal is data, not an error: it is counted in the ledger and kept with the refused bytes in `dead_letters`.
package struct Refusal: Equatable, Sendable {
    package let reason: RefusalReason
    /// The JSON pointer (RFC 6901) to the offending value; empty when the whole message is meant.
    package let pointer: String
    /// The byte in the payload at which reading stopped, where the reason is about bytes.
    package let byteOffset: Int?
    /// One sentence for a person at the fleet: what is wrong, with limit and value.
    package let sentence: String

    package init(_ reason: RefusalReason, pointer: String = "", byteOffset: Int? = nil, sentence: String) {
        self.reason = reason
        self.pointer = pointer
        self.byteOffset = byteOffset
        self.sentence = sentence
    }
}

/// The code of a refusal, as it stands in `dead_letters.reason` and in the ledger.
package enum RefusalReason: String, CaseIterable, Sendable {
    // The bytes
    case empty
    case tooLarge = "too-large"
    case notJSON = "not-json"
    case truncated
    case invalidUTF8 = "invalid-utf8"
    case tooDeep = "too-deep"
    case duplicateKey = "duplicate-key"
    case numberOutOfRange = "number-out-of-range"
    case notGzip = "not-gzip"
    case notZstd = "not-zstd"
    /// What a compressed payload, or a small payload with much repetition, stands for is above the limit.
    case expandedTooLarge = "expanded-too-large"
    // The payload format
    case notCBOR = "not-cbor"
    case notSenML = "not-senml"
    case notProtobuf = "not-protobuf"
    /// Sparkplug data that only a birth certificate which has not been seen makes readable.
    case birthMissing = "birth-missing"
    /// A sound message of its format that carries no reading: a join, a status, an acknowledgement.
    case notAReading = "not-a-reading"
    /// The source's mapping finds no value, or cannot convert the one it finds.
    case mapping
    // The topic
    case unknownTopic = "unknown-topic"
    // The schema
    case type
    case range
    case multipleOf = "multiple-of"
    case required
    case enumeration = "enum"
    case pattern
    case format
    case length
    case additional
    /// Any other keyword; the sentence names it.
    case schema
    /// To check it against the schema takes more work than the limit for its size.
    case undecided
    /// The message tells a version of the schema that there is not.
    case unknownVersion = "unknown-version"
    // The clock
    case clockFuture = "clock-future"
    case clockPast = "clock-past"
    case clockMissing = "clock-missing"
}
