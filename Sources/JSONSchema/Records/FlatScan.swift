extension FlatProgram {
    /// Where a scan stands.
    ///
    /// The bytes behind the text are looked at too, so a position can get behind its end; that is found out at the end
    /// of the record, where it must be exact.
    private struct Cursor {
        var position: Int
        let end: Int
    }

    /// Checks a record in one pass over its text; see ``RecordScanner``.
    func scan(
        _ text: RawSpan, _ range: Range<Int>, order: inout MemberOrder, values: inout MutableSpan<ScannedValue>
    ) -> Int? {
        let fields = fields.span
        let entries = names.entries.span
        var progress = FlatProgress()
        var count = 0
        var cursor = Cursor(position: range.lowerBound, end: range.upperBound)
        guard text.byte(at: cursor.position) == UInt8(ascii: "{") else { return nil }
        var previous = fields.count
        repeat {
            cursor.position &+= 1
            Self.skipSpace(text, &cursor)
            guard text.byte(at: cursor.position) == UInt8(ascii: "\"") else { return nil }
            cursor.position &+= 1
            var name = order.successor(of: previous)
            if name >= entries.count || !isName(entries[name], at: cursor.position, of: text) {
                guard let found = findName(text, cursor) else { return nil }
                name = found
                order.note(name, after: previous)
            }
            previous = name
            cursor.position &+= entries[name].byteCount &+ 1
            guard text.byte(at: cursor.position) == UInt8(ascii: ":") else { return nil }
            cursor.position &+= 1
            Self.skipSpace(text, &cursor)
            guard cursor.position < cursor.end else { return nil }
            let bit: UInt64 = 1 &<< UInt64(name)
            guard progress.seen & bit == 0, fields[name].isField, !fields[name].isGeneral else { return nil }
            progress.seen |= bit

            let value: ScannedValue?
            switch text.byte(at: cursor.position) {
            case UInt8(ascii: "\""):
                value = scanString(text, &cursor, fields[name], name)
                if value == nil { return nil }
            case UInt8(ascii: "n"):
                guard Self.isWord(text, &cursor, "null"), fields[name].types.contains(.null) else { return nil }
                value = nil
            case UInt8(ascii: "t"):
                guard Self.isWord(text, &cursor, "true"), fields[name].types.contains(.boolean) else { return nil }
                value = ScannedValue(slot: fields[name].slot, kind: .boolean, word: 1)
            case UInt8(ascii: "f"):
                guard Self.isWord(text, &cursor, "false"), fields[name].types.contains(.boolean) else { return nil }
                value = ScannedValue(slot: fields[name].slot, kind: .boolean, word: 0)
            default:
                guard let number = Self.scanNumber(text, &cursor) else { return nil }
                if isAbsent(fields[name], number) {
                    progress.absent |= bit
                    value = nil
                } else {
                    guard accepts(fields[name], number) else { return nil }
                    value = ScannedValue(
                        slot: fields[name].slot, kind: .number, word: number.digits, places: number.places)
                }
            }
            if let value, fields[name].slot >= 0 {
                values[count] = value
                count &+= 1
            }
            Self.skipSpace(text, &cursor)
        } while text.byte(at: cursor.position) == UInt8(ascii: ",") && cursor.position < cursor.end
        guard text.byte(at: cursor.position) == UInt8(ascii: "}") else { return nil }
        cursor.position &+= 1
        while cursor.position < cursor.end, Self.isSpace(text.byte(at: cursor.position)) { cursor.position &+= 1 }
        return cursor.position == cursor.end && isComplete(progress) ? count : nil
    }

    // MARK: Names

    /// Whether the name that begins at `position` is that of `entry`, with its closing quote.
    @inline(__always)
    private func isName(_ entry: NameTable.Entry, at position: Int, of text: RawSpan) -> Bool {
        position &+ entry.byteCount &+ 16 <= text.byteCount
            && names.matches(entry, text, offset: position, byteCount: entry.byteCount)
            && text.byte(at: position &+ entry.byteCount) == UInt8(ascii: "\"")
    }

    private func findName(_ text: RawSpan, _ cursor: borrowing Cursor) -> Int? {
        var end = cursor.position
        while end < cursor.end, text.byte(at: end) != UInt8(ascii: "\"") {
            // An escape; what other bytes are not allowed in a string are in no name.
            if text.byte(at: end) == UInt8(ascii: "\\") { return nil }
            end += 1
        }
        guard end < cursor.end else { return nil }
        return names.index(text, offset: cursor.position, byteCount: end - cursor.position)
    }

    // MARK: Strings

    @inline(__always)
    private func scanString(
        _ text: RawSpan, _ cursor: inout Cursor, _ field: FlatField, _ name: Int
    ) -> ScannedValue? {
        guard field.types.contains(.string) else { return nil }
        if hasSentinelStrings, sentinelStrings[name] != nil { return nil }
        let start = cursor.position &+ 1
        var end = start
        while true {
            guard end < cursor.end else { return nil }
            let stops = Self.stops(Self.word(text, at: end))
            end &+= stops.trailingZeroBitCount &>> 3
            if stops != 0 { break }
        }
        guard text.byte(at: end) == UInt8(ascii: "\"") else { return nil }
        cursor.position = end &+ 1
        let byteCount = end &- start
        guard byteCount >= field.minimumLength, byteCount <= field.maximumLength else { return nil }
        if case .dateTime? = field.format, field.strings < 0, field.pattern < 0 {
            guard let time = RFC3339.microseconds(text.extracting(start..<end)) else { return nil }
            return ScannedValue(slot: field.slot, kind: .time, word: time)
        }
        if field.restrictsContent {
            guard acceptsContent(field, start, byteCount, text) else { return nil }
        }
        return ScannedValue(slot: field.slot, kind: .string, word: Int64(start), byteCount: byteCount)
    }

    /// The highest bit of every byte that ends a plain stretch of a string: quote, backslash, control, not ASCII.
    ///
    /// Bytes behind the first such byte may be marked wrongly. Without any the count of trailing zeros is 64: 8 bytes.
    @inline(__always)
    private static func stops(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ ones &* 0x22
        let backslashes = word ^ ones &* 0x5C
        let found = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) | word
        return found & (ones &* 0x80)
    }

    // MARK: Numbers

    /// The number `digits * 10^-places`.
    private struct Number {
        var digits: Int64
        var places: Int

        /// The double that the text stands for: both operands are exact, so the division rounds once.
        @inline(__always)
        var double: Double { Double(digits) / Double(FlatProgram.powersOfTen[places]) }
    }

    /// 10^0 to 10^18.
    private static let powersOfTen: InlineArray<19, Int64> = {
        var powers = InlineArray<19, Int64>(repeating: 1)
        for exponent in 1..<19 { powers[exponent] = powers[exponent - 1] * 10 }
        return powers
    }()

    /// Integers of up to 16 digits, and decimals of up to 15, which a double tells apart; nothing with an exponent.
    @inline(__always)
    private static func scanNumber(_ text: RawSpan, _ cursor: inout Cursor) -> Number? {
        var position = cursor.position
        let isNegative = text.byte(at: position) == UInt8(ascii: "-")
        if isNegative { position &+= 1 }
        let isZero = text.byte(at: position) == UInt8(ascii: "0")
        var (digits, digitCount) = leadingDigits(word(text, at: position))
        if digitCount == 8 {
            let (rest, restCount) = leadingDigits(word(text, at: position &+ 8))
            digits = digits &* powersOfTen[restCount] &+ rest
            digitCount &+= restCount
        }
        guard digitCount > 0, !isZero || digitCount == 1 else { return nil }
        position &+= digitCount
        var places = 0
        if text.byte(at: position) == UInt8(ascii: ".") {
            var (fraction, fractionCount) = leadingDigits(word(text, at: position &+ 1))
            if fractionCount == 8 {
                let (rest, restCount) = leadingDigits(word(text, at: position &+ 9))
                fraction = fraction &* powersOfTen[restCount] &+ rest
                fractionCount &+= restCount
            }
            guard fractionCount > 0, digitCount &+ fractionCount <= 15 else { return nil }
            digits = digits &* powersOfTen[fractionCount] &+ fraction
            position &+= fractionCount &+ 1
            places = fractionCount
        }
        // -0 is a double where 0 is an integer. What other bytes may follow the caller sees.
        if isNegative, digits == 0 { return nil }
        cursor.position = position
        return Number(digits: isNegative ? 0 &- digits : digits, places: places)
    }

    /// How many of the first bytes are digits, and the number that they write.
    @inline(__always)
    private static func leadingDigits(_ word: UInt64) -> (value: Int64, count: Int) {
        let marks = word ^ 0x3030_3030_3030_3030
        // Bytes up to 9 stay below 0x80 when 0x76 is added; those behind the first larger one may be marked wrongly.
        let strays = ((marks &+ 0x7676_7676_7676_7676) | marks) & 0x8080_8080_8080_8080
        let count = strays.trailingZeroBitCount &>> 3
        // Zeros in front. `<<` gives 0 for a shift by 64.
        let digits = marks << UInt64(64 &- 8 &* count)
        let pairs = (digits &* 2561) &>> 8 & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 6_553_601) &>> 16 & 0x0000_FFFF_0000_FFFF
        return (Int64(truncatingIfNeeded: (fours &* 42_949_672_960_001) &>> 32), count)
    }

    @inline(__always)
    private func isAbsent(_ field: FlatField, _ number: Number) -> Bool {
        guard field.sentinelStart < field.sentinelEnd else { return false }
        return number.places == 0 ? isAbsent(field, number.digits) : isAbsent(field, number.double)
    }

    @inline(__always)
    private func accepts(_ field: FlatField, _ number: Number) -> Bool {
        if number.places == 0 { return field.accepts(number.digits) }
        guard field.types.contains(.number) else { return false }
        if field.hasSmallIntegerBounds {
            // At most 1000 * 10^15: no overflow.
            let one = Self.powersOfTen[number.places]
            guard number.digits >= field.lowerInteger &* one, number.digits <= field.upperInteger &* one else {
                return false
            }
        } else {
            guard number.double >= field.lowerDouble, number.double <= field.upperDouble else { return false }
        }
        guard let multiple = field.multiple else { return true }
        guard multiple.coefficient == 1, multiple.exponent <= 0 else { return multiple.divides(number.double) }
        return number.places <= -multiple.exponent
            || number.digits % Self.powersOfTen[number.places &+ multiple.exponent] == 0
    }

    // MARK: Bytes

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Skips what may stand between two parts.
    @inline(__always)
    private static func skipSpace(_ text: RawSpan, _ cursor: inout Cursor) {
        while text.byte(at: cursor.position) <= 0x20, isSpace(text.byte(at: cursor.position)),
            cursor.position < cursor.end
        {
            cursor.position &+= 1
        }
    }

    /// Moves behind `word` if it stands here.
    @inline(__always)
    private static func isWord(_ text: RawSpan, _ cursor: inout Cursor, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        for offset in 0..<count {
            // Safe: the loop's bound is the string's.
            let expected = unsafe word.utf8Start[offset]
            guard text.byte(at: cursor.position &+ offset) == expected else { return false }
        }
        cursor.position &+= count
        return true
    }

    @inline(__always)
    private static func word(_ text: RawSpan, at offset: Int) -> UInt64 {
        // Safe: any eight bytes are a UInt64; the bounds are checked.
        unsafe text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
