import JSONDocument
import JSONSchema
import Telemetry

extension Refusal {
    static var emptyPayload: Refusal { Refusal(.empty, byteOffset: 0, sentence: "the payload is empty") }

    /// The bytes are no JSON document.
    init(_ error: JSONParseError) {
        let reason: RefusalReason =
            switch error.kind {
            case .empty: .empty
            case .syntax: .notJSON
            case .truncated: .truncated
            case .invalidUTF8: .invalidUTF8
            case .tooDeep: .tooDeep
            case .tooLarge: .tooLarge
            case .numberOutOfRange: .numberOutOfRange
            case .duplicateName: .duplicateKey
            }
        self.init(reason, byteOffset: error.byteOffset, sentence: error.sentence)
    }

    /// The document breaks a rule of the schema; `place` is the pointer of the reading in the message.
    init(_ violation: SchemaViolation, in place: String) {
        let reason: RefusalReason =
            switch violation.kind {
            case .type: .type
            case .range: .range
            case .multiple: .multipleOf
            case .enumeration: .enumeration
            case .length: .length
            case .pattern: .pattern
            case .format: .format
            case .required: .required
            case .additional: .additional
            case .duplicate: .duplicateKey
            case .count, .combination: .schema
            }
        self.init(reason, pointer: place + violation.instance.description, sentence: violation.sentence)
    }
}
