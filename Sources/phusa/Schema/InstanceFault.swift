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
                return
            }
            guard let violation = validator.violation(in: document) else { return nil }
            pointer = violation.instance.description
            place = locator.place(of: violation.instance)
            schemaLocation = violation.schemaLocation
            kind = violation.kind.rawValue
            sentence = violation.sentence
        } catch {
            pointer = ""
            place = locator.place(at: error.byteOffset)
            schemaLocation = nil
            kind = error.kind.rawValue
            sentence = "this is not JSON: \(error.sentence)"
        }
    }
}
