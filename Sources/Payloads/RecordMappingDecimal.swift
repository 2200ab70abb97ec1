import Glibc
import JSONDocument
import Telemetry

/// A number as its decimal digits say it: `coefficient * 10^exponent`.
struct DecimalNumber: Equatable, Sendable {
    private(set) var coefficient: Int128
    private(set) var exponent: Int

    init(coefficient: Int128, exponent: Int = 0) {
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// The shortest decimal that reads back as `value`, which is what the device wrote if it had up to 15 digits.
    init(_ value: Double) {
        guard abs(value) >= 0x1p53 || value.rounded(.towardZero) != value else {
            self.init(coefficient: Int128(Int64(value)))
            return
        }
        // No value is lost: what a finite double describes is a number.
        self = DecimalNumber(value.description.utf8Bytes) ?? DecimalNumber(coefficient: 0)
    }

    /// Reads a number as JSON writes them, with at most 34 digits; nil for all else.
    init?(_ text: RawSpan) {
        var offset = 0
        var isNegative = false
        if text.byteCount > 0, text.octet(at: 0) == UInt8(ascii: "-") {
            isNegative = true
            offset = 1
        }
        coefficient = 0
        exponent = 0
        let start = offset
        guard readDigits(text, &offset), text.octet(at: start) != 0x30 || offset == start + 1 else { return nil }
        if offset < text.byteCount, text.octet(at: offset) == UInt8(ascii: ".") {
            offset += 1
            let point = offset
            guard readDigits(text, &offset) else { return nil }
            exponent = point - offset
        }
        if offset < text.byteCount, text.octet(at: offset) | 0x20 == UInt8(ascii: "e") {
            offset += 1
            guard let power = Self.power(text, &offset) else { return nil }
            exponent += power
        }
        guard offset == text.byteCount else { return nil }
        if isNegative { coefficient = -coefficient }
    }

    /// The number of a JSON value, or of text that is a number; nil for all else.
    init?(_ document: JSONDocument, at index: Int) {
        switch document.tag(at: index) {
        case JSONKind.integer.rawValue: self.init(coefficient: Int128(document.int64(at: index)))
        case JSONKind.unsigned.rawValue: self.init(coefficient: Int128(document.uint64(at: index)))
        case JSONKind.double.rawValue: self.init(document.double(at: index))
        case JSONKind.string.rawValue: self.init(document.stringBytes(at: index))
        default: return nil
        }
    }

    /// The same number without zeros at the end of its coefficient.
    var normalized: DecimalNumber {
        var result = self
        guard coefficient != 0 else { return DecimalNumber(coefficient: 0) }
        while result.coefficient % 10 == 0 {
            result.coefficient /= 10
            result.exponent += 1
        }
        return result
    }

    /// The digits from `offset` on, at least one.
    private mutating func readDigits(_ text: RawSpan, _ offset: inout Int) -> Bool {
        let start = offset
        while offset < text.byteCount {
            let digit = text.octet(at: offset) &- 0x30
            guard digit <= 9 else { break }
            // 10^34 is far below 2^127: no overflow.
            guard coefficient < Int128.powerOfTen(33) else { return false }
            coefficient = coefficient * 10 + Int128(digit)
            offset += 1
        }
        return offset > start
    }

    private static func power(_ text: RawSpan, _ offset: inout Int) -> Int? {
        var sign = 1
        if offset < text.byteCount, text.octet(at: offset) == UInt8(ascii: "-") || text.octet(at: offset) == 0x2B {
            sign = text.octet(at: offset) == 0x2B ? 1 : -1
            offset += 1
        }
        let start = offset
        var power = 0
        while offset < text.byteCount {
            let digit = text.octet(at: offset) &- 0x30
            guard digit <= 9 else { break }
            // Doubles end near 10^308; so does what is read here.
            guard power < 1000 else { return nil }
            power = power * 10 + Int(digit)
            offset += 1
        }
        return offset > start ? sign * power : nil
    }
}

// MARK: Writing

extension DecimalNumber {
    /// Appends the number as JSON: whole numbers as integers where JSON readers take them, others with all their digits
    /// up to 17, and what has more as the nearest double.
    func append(to bytes: inout [UInt8]) {
        let number = normalized
        let digits = String(number.coefficient.magnitude)
        if number.exponent >= 0 {
            if let whole = number.wholeValue {
                bytes.append(contentsOf: String(whole).utf8)
                return
            }
        } else if digits.utf8.count <= 17, number.exponent > -24 {
            if number.coefficient < 0 { bytes.append(UInt8(ascii: "-")) }
            Self.append(digits, places: -number.exponent, to: &bytes)
            return
        }
        bytes.append(contentsOf: number.nearestDouble.description.utf8)
    }

    /// Int64 and UInt64 are the integers that JSON readers take; larger ones become doubles.
    private var wholeValue: Int128? {
        guard exponent <= 20 else { return nil }
        let (value, overflow) = coefficient.multipliedReportingOverflow(by: Int128.powerOfTen(exponent))
        guard !overflow, value >= Int128(Int64.min), value <= Int128(UInt64.max) else { return nil }
        return value
    }

    /// The double next to the number; infinite above the largest.
    var nearestDouble: Double {
        // The text is a number, so this is never nil.
        Double("\(coefficient)e\(exponent)") ?? .nan
    }

    private static func append(_ digits: String, places: Int, to bytes: inout [UInt8]) {
        let count = digits.utf8.count
        if places >= count {
            bytes.append(contentsOf: "0.".utf8)
            bytes.append(contentsOf: repeatElement(0x30, count: places - count))
            bytes.append(contentsOf: digits.utf8)
        } else {
            bytes.append(contentsOf: digits.utf8.prefix(count - places))
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: digits.utf8.suffix(places))
        }
    }
}

extension Int128 {
    /// 10^exponent for 0...38.
    static func powerOfTen(_ exponent: Int) -> Int128 { powersOfTen[exponent] }

    private static let powersOfTen: InlineArray<39, Int128> = {
        var powers = InlineArray<39, Int128>(repeating: 1)
        for exponent in 1..<39 { powers[exponent] = powers[exponent - 1] * 10 }
        return powers
    }()

    /// How many times it can be multiplied by ten, give or take one too few.
    var roomForPowersOfTen: Int {
        // 1233 / 4096 is a little less than the decimal logarithm of 2.
        let freeBitCount = magnitude.leadingZeroBitCount - 1
        return (Swift.max(0, freeBitCount) * 1233) >> 12
    }
}
