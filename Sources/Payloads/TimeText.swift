import Glibc
import JSONDocument
import Telemetry

/// A time as RFC 3339 text in UTC, with as many fraction digits as are needed: 0, 3 or 6.
struct TimeText {
    private var bytes = InlineArray<27, UInt8>(repeating: 0x30)
    private let count: Int

    /// The times that RFC 3339 can write: the years 0000 to 9999.
    static let range: ClosedRange<EventTime> = {
        let first = EventTime(microsecondsSinceEpoch: -62_167_219_200_000_000)
        return first...EventTime(microsecondsSinceEpoch: 253_402_300_799_999_999)
    }()

    /// The text of `time`; of the nearest time that can be written when it is outside of ``range``.
    init(_ time: EventTime) {
        let civil = CivilTime(min(max(time, Self.range.lowerBound), Self.range.upperBound))
        let fraction = civil.microsecond
        count = fraction == 0 ? 20 : fraction % 1000 == 0 ? 24 : 27
        put(civil.year / 100, at: 0)
        put(civil.year % 100, at: 2)
        bytes[4] = UInt8(ascii: "-")
        put(civil.month, at: 5)
        bytes[7] = UInt8(ascii: "-")
        put(civil.day, at: 8)
        bytes[10] = UInt8(ascii: "T")
        put(civil.hour, at: 11)
        bytes[13] = UInt8(ascii: ":")
        put(civil.minute, at: 14)
        bytes[16] = UInt8(ascii: ":")
        put(civil.second, at: 17)
        if fraction != 0 {
            bytes[19] = UInt8(ascii: ".")
            put(fraction / 10_000, at: 20)
            put(fraction / 100 % 100, at: 22)
            if count == 27 { put(fraction % 100, at: 24) }
        }
        bytes[count - 1] = UInt8(ascii: "Z")
    }

    private mutating func put(_ number: Int, at offset: Int) {
        bytes[offset] = 0x30 + UInt8(truncatingIfNeeded: number / 10)
        bytes[offset + 1] = 0x30 + UInt8(truncatingIfNeeded: number % 10)
    }

    /// Appends the text in quotes.
    func append(to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        // Safe: every byte of the array is initialized, and the closure only reads them.
        unsafe bytes.span.extracting(0..<count).withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
        text.append(UInt8(ascii: "\""))
    }

    func write(to writer: inout JSONWriter) {
        // Safe: every byte of the array is initialized.
        unsafe writer.string(bytes.span.bytes.extracting(0..<count))
    }
}

extension JSONWriter {
    /// Writes a time as RFC 3339 text in UTC.
    mutating func time(_ time: EventTime) {
        TimeText(time).write(to: &self)
    }
}

extension EventTime {
    /// The time that is `seconds` after 1970, to the microsecond; nil when RFC 3339 cannot write it.
    init?(seconds: Double) {
        let microseconds = (seconds * 1_000_000).rounded()
        guard let exact = Int64(exactly: microseconds) else { return nil }
        self.init(microsecondsSinceEpoch: exact)
        guard TimeText.range.contains(self) else { return nil }
    }

    /// The time that is `count` times `unit` microseconds after 1970; nil when RFC 3339 cannot write it.
    init?(_ count: Int64, unit: Int64) {
        let (microseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.init(microsecondsSinceEpoch: microseconds)
        guard TimeText.range.contains(self) else { return nil }
    }
}
