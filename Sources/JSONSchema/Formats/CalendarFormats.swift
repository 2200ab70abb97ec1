/// `date`, `time` (RFC 3339 section 5.6) and `duration` (its appendix A).
enum CalendarFormats {
    static func isDate(_ text: RawSpan) -> Bool {
        guard text.byteCount == 10, text.byte(at: 4) == UInt8(ascii: "-"), text.byte(at: 7) == UInt8(ascii: "-"),
            let century = text.twoDigits(at: 0), let year = text.twoDigits(at: 2),
            let month = text.twoDigits(at: 5), let day = text.twoDigits(at: 8)
        else { return false }
        return RFC3339.days(year: century * 100 + year, month: month, day: day) != nil
    }

    /// A `time` is the tail of a `date-time`.
    static func isTime(_ text: RawSpan) -> Bool {
        guard (9...64).contains(text.byteCount) else { return false }
        var bytes = Array("1970-01-02T".utf8)
        for offset in 0..<text.byteCount { bytes.append(text.byte(at: offset)) }
        // Safe: every byte of the array is initialized.
        return RFC3339.microseconds(unsafe bytes.span.bytes) != nil
    }

    static func isDuration(_ text: RawSpan) -> Bool {
        guard text.byteCount >= 3, text.byte(at: 0) == UInt8(ascii: "P") else { return false }
        var offset = 1
        guard let date = units("YMWD", of: text, &offset) else { return false }
        // Weeks stand alone.
        if date.contains(UInt8(ascii: "W")) { return date.count == 1 && offset == text.byteCount }
        guard isGapless(date, in: "YMD") else { return false }
        guard offset < text.byteCount else { return !date.isEmpty }
        guard text.byte(at: offset) == UInt8(ascii: "T") else { return false }
        offset += 1
        guard let time = units("HMS", of: text, &offset) else { return false }
        return !time.isEmpty && isGapless(time, in: "HMS") && offset == text.byteCount
    }

    /// Reads numbers with units in the order given; nil when a number lacks its unit.
    private static func units(_ order: StaticString, of text: RawSpan, _ offset: inout Int) -> [UInt8]? {
        var remaining = Array(order.description.utf8)[...]
        var found: [UInt8] = []
        while offset < text.byteCount, text.digit(at: offset) != nil {
            while offset < text.byteCount, text.digit(at: offset) != nil { offset += 1 }
            guard offset < text.byteCount, let position = remaining.firstIndex(of: text.byte(at: offset)) else {
                return nil
            }
            found.append(text.byte(at: offset))
            remaining = remaining[(position + 1)...]
            offset += 1
        }
        return found
    }

    /// RFC 3339 leaves out no unit between two others: `P1Y2D` lacks its months.
    private static func isGapless(_ units: [UInt8], in order: String) -> Bool {
        units.isEmpty
            || order.utf8.split(separator: units[0], omittingEmptySubsequences: false).count == 2
                && order.contains(String(decoding: units, as: UTF8.self))
    }
}
