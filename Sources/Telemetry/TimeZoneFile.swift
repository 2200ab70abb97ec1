/// The content of a compiled zone file, RFC 8536.
///
///     header (44 bytes)   "TZif", version, 15 unused bytes, six counts as UInt32
///     data block          transition times, their types, the types, names, leap seconds, two lists of marks
///     header, data block  again with 64-bit times, from version 2 on
///     footer              a POSIX rule between two newlines, for times behind the last transition
///
/// Numbers are big endian.
struct TimeZoneFile {
    /// Ascending, in seconds since the epoch.
    private(set) var transitions: [Int64] = []
    /// Before the first transition, then behind each.
    private(set) var offsets: [Int64] = []
    private(set) var rule: TimeZoneRule

    private struct Header {
        static let byteCount = 44
        let version: UInt8
        let counts: [Int]
        var markCount: Int { counts[0] + counts[1] }
        var leapCount: Int { counts[2] }
        var timeCount: Int { counts[3] }
        var typeCount: Int { counts[4] }
        var nameByteCount: Int { counts[5] }

        func blockByteCount(timeByteCount: Int) -> Int {
            timeCount * (timeByteCount + 1) + typeCount * 6 + nameByteCount + leapCount * (timeByteCount + 4)
                + markCount
        }
    }

    init(_ bytes: [UInt8]) throws(TimeZoneError) {
        var header = try Self.header(bytes, at: 0)
        var start = Header.byteCount
        var timeByteCount = 4
        if header.version >= UInt8(ascii: "2") {
            let second = start + header.blockByteCount(timeByteCount: 4)
            header = try Self.header(bytes, at: second)
            start = second + Header.byteCount
            timeByteCount = 8
        }
        let end = start + header.blockByteCount(timeByteCount: timeByteCount)
        guard end <= bytes.count else { throw .notZoneFile("it ends too early") }
        guard header.leapCount == 0 else { throw .countsLeapSeconds }
        guard header.typeCount > 0 else { throw .notZoneFile("it has no local time") }
        rule = TimeZoneRule(offset: 0)
        try readBlock(bytes, at: start, header, timeByteCount)
        rule = TimeZoneRule(offset: offsets[offsets.count - 1])
        if timeByteCount == 8, let footer = try Self.footer(bytes, at: end) { rule = footer }
    }

    private mutating func readBlock(
        _ bytes: [UInt8], at start: Int, _ header: Header, _ timeByteCount: Int
    ) throws(TimeZoneError) {
        let kinds = start + header.timeCount * timeByteCount
        let types = kinds + header.timeCount
        func offset(ofType type: Int) -> Int64 { Self.number(bytes, at: types + type * 6, byteCount: 4) }
        offsets.append(offset(ofType: 0))
        for index in 0..<header.timeCount {
            let time = Self.number(bytes, at: start + index * timeByteCount, byteCount: timeByteCount)
            let type = Int(bytes[kinds + index])
            guard header.typeCount > type, time > (transitions.last ?? .min) else {
                throw .notZoneFile("its transitions are out of order")
            }
            transitions.append(time)
            offsets.append(offset(ofType: type))
        }
        // More than a day away from UTC is no local time; arithmetic elsewhere relies on it.
        guard offsets.allSatisfy({ abs($0) < 86_400 }) else { throw .notZoneFile("an offset is a day or more") }
    }

    private static func header(_ bytes: [UInt8], at start: Int) throws(TimeZoneError) -> Header {
        guard start + Header.byteCount <= bytes.count, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else {
            throw .notZoneFile("it does not begin with TZif")
        }
        var counts: [Int] = []
        for index in 0..<6 {
            let count = number(bytes, at: start + 20 + index * 4, byteCount: 4)
            // The largest zones have some 250 transitions; 2^20 keeps the sums below from overflowing.
            guard (0...(1 << 20)).contains(count) else { throw .notZoneFile("a count is out of range") }
            counts.append(Int(count))
        }
        return Header(version: bytes[start + 4], counts: counts)
    }

    private static func number(_ bytes: [UInt8], at start: Int, byteCount: Int) -> Int64 {
        var value: UInt64 = bytes[start] >= 0x80 ? .max : 0
        for byte in bytes[start..<(start + byteCount)] { value = value << 8 | UInt64(byte) }
        return Int64(bitPattern: value)
    }

    private static func footer(_ bytes: [UInt8], at start: Int) throws(TimeZoneError) -> TimeZoneRule? {
        guard start < bytes.count, bytes[start] == 0x0A, let end = bytes[(start + 1)...].firstIndex(of: 0x0A) else {
            throw .notZoneFile("it has no footer")
        }
        let text = bytes[(start + 1)..<end]
        guard !text.isEmpty else { return nil }
        guard let rule = TimeZoneRule(text) else { throw .notZoneFile("its footer is no rule") }
        return rule
    }
}
