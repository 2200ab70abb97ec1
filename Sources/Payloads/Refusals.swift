package import JSONDocument
package import Telemetry

extension Refusal {
    /// The payload has no bytes at all.
    package static var emptyPayload: Refusal { Refusal(.empty, byteOffset: 0, sentence: "the payload is empty") }

    /// The bytes are no JSON document.
    package init(_ error: JSONParseError) {
        self.init(RefusalReason(error.kind), byteOffset: error.byteOffset, sentence: error.sentence)
    }

    /// A record, which stands at `place`, is no acceptable JSON document; bytes of the payload cannot be named.
    init(_ error: JSONParseError, at place: String) {
        self.init(RefusalReason(error.kind), pointer: place, sentence: error.sentence)
    }
}

extension Refusal {
    /// How the sentence ends when a limit was reached: the refusal stands for all readings behind it too.
    package static var endOfReading: String { "from here on none is read" }

    /// The same for a record that stands at `place`: the pointer goes on from there.
    func inside(_ place: String) -> Refusal {
        place.isEmpty
            ? self : Refusal(reason, pointer: place + pointer, byteOffset: byteOffset, sentence: sentence)
    }
}

extension RefusalReason {
    /// The reason that stands for an error of a JSON text.
    init(_ kind: JSONParseError.Kind) {
        self =
            switch kind {
            case .empty: .empty
            case .syntax: .notJSON
            case .truncated: .truncated
            case .invalidUTF8: .invalidUTF8
            case .tooDeep: .tooDeep
            case .tooLarge: .tooLarge
            case .numberOutOfRange: .numberOutOfRange
            case .duplicateName: .duplicateKey
            }
    }
}
