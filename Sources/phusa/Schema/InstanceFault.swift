import JSONDocument
import JSONSchema

/// What is wrong with a document.
struct InstanceFault {
    /// Files of one's own may be larger and deeper than messages.
    static let limits = JSONLimits(maximumDepth: 256, maximumByteCount: 256 << 20)

    let pointer: String
    /// Where in the text it is.
    let place: JSONLocator.Place?
    /// The rule's place in the schema; nil for what is no JSON.
    let schemaLocation: String?
    let kind: String
    let sentence: String
    /// Whether it is known that the document is not valid.
    let isDecided: Bool

    /// Nil when the document is valid.
    init?(in text: [UInt8], _ parser: inout JSONParser, _ validator: inout SchemaValidator) {
        // Safe: UInt8 has no padding.
        let locator = unsafe JSONLocator(text.span.bytes, maximumDepth: Self.limits.maximumDepth)
        do throws(JSONParseError) {
            let document = try parser.parse(text)
            if let name = document.firstDuplicateName(in: document.root) {
                let found = document.pointer(to: name)
                pointer = found.description
                place = locator.place(of: found)
                schemaLocation = nil
                kind = JSONParseError.Kind.duplicateName.rawValue
                sentence = "\(found) is the name of two members of one object"
                isDecided = true
                return
            }
            guard let violation = validator.violation(in: document) else { return nil }
            pointer = violation.instance.description
            place = locator.place(of: violation.instance)
            schemaLocation = violation.schemaLocation
            kind = violation.kind.rawValue
            sentence = violation.sentence
            isDecided = violation.kind != .undecided
        } catch {
            pointer = ""
            place = locator.place(at: error.byteOffset)
            schemaLocation = nil
            kind = error.kind.rawValue
            sentence = error.complaint
            isDecided = !error.isLimit
        }
    }
}

extension JSONParseError {
    /// Whether the text may well be JSON, only more than this program takes.
    var isLimit: Bool {
        switch kind {
        case .tooDeep, .tooLarge, .numberOutOfRange: true
        case .empty, .syntax, .truncated, .invalidUTF8, .duplicateName: false
        }
    }

    /// What is wrong with a text that should be a document.
    var complaint: String {
        isLimit ? "this is more than this program takes: \(sentence)" : "this is not JSON: \(sentence)"
    }
}
