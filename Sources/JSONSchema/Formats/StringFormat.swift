/// The formats that the drafts define, checked where `format` is an assertion; others are annotations.
enum StringFormat: String, Sendable {
    case dateTime = "date-time"
    case date
    case time
    case duration
    case email
    case idnEmail = "idn-email"
    case hostname
    case idnHostname = "idn-hostname"
    case ipv4
    case ipv6
    case uuid
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uriTemplate = "uri-template"
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex

    func accepts(_ text: RawSpan) -> Bool {
        switch self {
        case .dateTime: RFC3339.microseconds(text) != nil
        case .date: CalendarFormats.isDate(text)
        case .time: CalendarFormats.isTime(text)
        case .duration: CalendarFormats.isDuration(text)
        case .email: NetworkFormats.isEmail(text)
        case .hostname: NetworkFormats.isHostname(text, 0..<text.byteCount)
        case .ipv4: NetworkFormats.isIPv4(text, 0..<text.byteCount)
        case .ipv6: NetworkFormats.isIPv6(text, 0..<text.byteCount)
        case .uuid: NetworkFormats.isUUID(text)
        case .uri: URIFormats.isURI(text, requiresScheme: true)
        case .uriReference: URIFormats.isURI(text, requiresScheme: false)
        case .iri: URIFormats.isURI(text, requiresScheme: true, allowsUnicode: true)
        case .iriReference: URIFormats.isURI(text, requiresScheme: false, allowsUnicode: true)
        case .jsonPointer: URIFormats.isJSONPointer(text, from: 0)
        case .relativeJSONPointer: URIFormats.isRelativeJSONPointer(text)
        case .idnEmail, .idnHostname, .uriTemplate, .regex: acceptsRarely(text)
        }
    }

    /// The formats that are decided on characters, not on bytes.
    private func acceptsRarely(_ text: RawSpan) -> Bool {
        // Safe: the closure only reads the bytes it is given.
        let string = unsafe text.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        return switch self {
        case .idnEmail: InternationalNames.isEmail(string)
        case .idnHostname: InternationalNames.isHostname(string)
        case .uriTemplate: URITemplate.isTemplate(string)
        // Why it is no pattern is not asked here.
        default: (try? PatternParser.parse(string)) != nil
        }
    }
}
