import JSONDocument
import JSONSchema
import Telemetry

extension Refusal {
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
            case .undecided: .undecided
            }
        self.init(reason, pointer: place + violation.instance.description, sentence: violation.sentence)
    }
}
