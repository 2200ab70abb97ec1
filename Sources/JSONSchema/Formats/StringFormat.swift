/// The formats that are checked where `format` is an assertion; others are annotations.
enum StringFormat: String, Sendable {
    case dateTime = "date-time"
    case date
    case time
    case duration
    case email
    case hostname
    case ipv4
    case ipv6
    case uuid
    case uri
    case uriReference = "uri-reference"
    case jsonPointer = "json-pointer"

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
        case .jsonPointer: URIFormats.isJSONPointer(text)
        }
    }
}
