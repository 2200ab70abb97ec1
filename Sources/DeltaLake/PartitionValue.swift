/// The value that all rows of a file have in a partition column, as the text that stands in the log.
public struct PartitionValue: Hashable, Sendable {
    /// The partition column.
    public let column: String
    /// The value; nil for null.
    public let text: String?

    /// A value as it stands in the log.
    ///
    /// An empty text is null there, whatever the column's type.
    public init(column: String, text: String?) {
        self.column = column
        self.text = text?.isEmpty == true ? nil : text
    }

    /// A typed value, written as the protocol says (section "Partition Value Serialization"); nil is null.
    ///
    /// - Throws: ``DeltaError/invalidTransaction(_:)`` for a value that the log cannot tell from null (an empty string
    ///   or no bytes) or that other readers cannot read (a date outside the years 1 to 9999).
    public init(_ column: String, _ value: DeltaValue?) throws(DeltaError) {
        self.column = column
        guard let value else {
            text = nil
            return
        }
        guard let text = Self.text(of: value), !text.isEmpty else {
            throw .invalidTransaction("partition column \(column): the log has no way to write \(value)")
        }
        self.text = text
    }

    private static func text(of value: DeltaValue) -> String? {
        switch value {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .long(let value): String(value)
        case .double(let value): "\(value)"
        case .decimal(let unscaled, let scale): decimalText(unscaled: unscaled, scale: scale)
        case .timestamp(let microseconds): CalendarMoment(microseconds: microseconds).text(fractionDigits: 6)
        case .date(let days): CalendarDay(daysSince1970: Int(days)).text
        case .string(let value): value
        // Each byte is the character with its number.
        case .binary(let bytes): String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        }
    }

    /// The folder in which a file with these values belongs, as in `date=2026-11-21/hour=8`; empty without values.
    ///
    /// The protocol demands no such names, but some readers (Polars) take the partition values from them, and so does
    /// every reader that does not know Delta.
    public static func folder(_ values: [PartitionValue]) -> String {
        values.map { value in
            let text = value.text.map { PathEncoding.encodeComponent($0) } ?? "__HIVE_DEFAULT_PARTITION__"
            return "\(PathEncoding.encodeComponent(value.column))=\(text)"
        }.joined(separator: "/")
    }

    /// The value as one of `type`; nil when it is null or the text is no such value.
    public func value(as type: DeltaType) -> DeltaValue? {
        guard let text else { return nil }
        switch type {
        case .boolean: return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil
        case .byte, .short, .integer:
            guard let value = Int32(text).map(DeltaValue.integer), value.fits(type) else { return nil }
            return value
        case .long: return Int64(text).map { .long($0) }
        case .float, .double: return Double(text).map { .double($0) }
        case .decimal(_, let scale):
            guard let unscaled = unscaledDecimal(text, scale: scale, rounding: .exact) else { return nil }
            let value = DeltaValue.decimal(unscaled: unscaled, scale: scale)
            return value.fits(type) ? value : nil
        case .timestamp: return CalendarMoment.parse(text).map { .timestamp(microseconds: $0.moment.microseconds) }
        case .date: return CalendarDay(text[...].utf8).map { .date(days: Int32($0.daysSince1970)) }
        case .string: return .string(text)
        case .binary:
            let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
            return bytes.count == text.unicodeScalars.count ? .binary(bytes) : nil
        case .structure, .array, .map: return nil
        }
    }
}
