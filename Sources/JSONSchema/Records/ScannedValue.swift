/// A field's value as a ``RecordScanner`` finds it in the text of a record.
@frozen
public struct ScannedValue: BitwiseCopyable, Sendable {
    /// What the value is and how ``word`` says it.
    @frozen
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// The number `word * 10^-places`, exactly as the text has it.
        case number
        /// The string of ``byteCount`` bytes at byte `word` of the buffer; ASCII without escapes.
        case string
        /// A string that was checked to be an RFC 3339 `date-time`: microseconds from 1970-01-01T00:00:00Z.
        case time
        /// `false` or `true`, as 0 or 1.
        case boolean
    }

    /// The index of the field.
    public let slot: UInt16
    /// What the value is.
    public let kind: Kind
    /// How many digits a number has behind the point.
    public let places: UInt8
    /// The length of a string.
    public let byteCount: UInt32
    /// The value, see ``Kind``.
    public let word: Int64

    @inline(__always)
    init(slot: Int, kind: Kind, word: Int64, places: Int = 0, byteCount: Int = 0) {
        self.slot = UInt16(truncatingIfNeeded: slot)
        self.kind = kind
        self.places = UInt8(truncatingIfNeeded: places)
        self.byteCount = UInt32(truncatingIfNeeded: byteCount)
        self.word = word
    }

    /// What a span is filled with before there are values.
    public static var nothing: ScannedValue { ScannedValue(slot: 0, kind: .boolean, word: 0) }
}
