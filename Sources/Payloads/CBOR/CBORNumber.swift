import Glibc
import JSONDocument
import Telemetry

/// A number that CBOR writes as an integer of any length, or as two numbers: mantissa times a power of 10 or 2.
struct CBORNumber {
    private enum Base {
        case ten
        case two
    }

    private var isNegative: Bool
    private var magnitude: UInt64
    /// How many powers of 2^64 the magnitude has lost; only 1, for 2^64 itself, which doubles have and 64 bits lack.
    private var isTwoToThe64: Bool
    private var base = Base.ten
    private var exponent: Int64 = 0

    /// An integer, or with `plusOne` one whose magnitude is higher by one, as CBOR writes negative ones.
    init(isNegative: Bool, magnitude: UInt64, plusOne: Bool) {
        self.isNegative = isNegative
        let (sum, overflow) = magnitude.addingReportingOverflow(plusOne ? 1 : 0)
        self.magnitude = sum
        isTwoToThe64 = overflow
    }

    /// The number that a tag from 2 to 5 makes of the item at `offset`, which moves behind it.
    init(tagged tag: UInt64, _ bytes: RawSpan, at offset: inout Int) throws(CBORError) {
        guard tag >= 4 else {
            self = try Self.big(bytes, isNegative: tag == 3, at: &offset)
            return
        }
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        guard head.major == 4, head.argument == 2 || head.isIndefinite else {
            throw CBORError(.type, at: start, "tag \(tag) makes a number of an array of two, and this is none")
        }
        let exponentStart = offset
        let exponentHead = try CBORHead(bytes, at: &offset)
        guard let exponent = exponentHead.key else {
            throw CBORError(.type, at: exponentStart, "the exponent of a number is no integer of 64 bits")
        }
        let mantissaStart = offset
        let mantissa = try CBORHead(bytes, at: &offset)
        switch (mantissa.major, mantissa.argument) {
        case (0, _), (1, _):
            self.init(isNegative: mantissa.major == 1, magnitude: mantissa.argument, plusOne: mantissa.major == 1)
        case (6, 2), (6, 3): self = try Self.big(bytes, isNegative: mantissa.argument == 3, at: &offset)
        default: throw CBORError(.type, at: mantissaStart, "the mantissa of a number is no integer")
        }
        if head.isIndefinite {
            guard offset < bytes.byteCount, bytes.octet(at: offset) == 0xFF else {
                throw CBORError(.type, at: start, "tag \(tag) makes a number of an array of two, and this is longer")
            }
            offset += 1
        }
        self.exponent = exponent
        base = tag == 4 ? .ten : .two
    }

    /// A bignum: a byte string, big endian.
    private static func big(
        _ bytes: RawSpan, isNegative: Bool, at offset: inout Int
    ) throws(CBORError) -> CBORNumber {
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        guard head.major == 2, !head.isIndefinite, head.argument <= UInt64(bytes.byteCount - offset) else {
            throw CBORError(.type, at: start, "a bignum is a byte string of definite length, and this is none")
        }
        let end = offset + Int(head.argument)
        while offset < end, bytes.octet(at: offset) == 0 { offset += 1 }
        let digits = bytes.extracting(offset..<end)
        offset = end
        if digits.byteCount == 9, !isNegative, digits.octet(at: 0) == 1,
            (1...8).allSatisfy({ digits.octet(at: $0) == 0 })
        {
            return CBORNumber(isNegative: false, magnitude: .max, plusOne: true)
        }
        guard digits.byteCount <= 8 else { throw tooLarge(at: start) }
        var magnitude: UInt64 = 0
        for place in 0..<digits.byteCount { magnitude = magnitude << 8 | UInt64(digits.octet(at: place)) }
        return CBORNumber(isNegative: isNegative, magnitude: magnitude, plusOne: isNegative)
    }

    /// Writes the number so that it reads back exactly.
    ///
    /// - Throws: when that is not possible.
    func write(to writer: inout JSONWriter, at start: Int) throws(CBORError) {
        if exponent == 0 || (magnitude == 0 && !isTwoToThe64) { return try writeInteger(to: &writer, at: start) }
        guard !isTwoToThe64 else { throw Self.tooLarge(at: start) }
        switch base {
        case .ten: try writeDecimal(to: &writer, at: start)
        case .two:
            let significand = Double(magnitude)
            // Beyond, a double is infinite or 0. No `abs`: the smallest integer has none.
            guard UInt64(exactly: significand) == magnitude, (-2047...2047).contains(exponent) else {
                throw Self.tooLarge(at: start)
            }
            let value = scalbn(significand, Int32(exponent))
            guard value.isFinite, scalbn(value, -Int32(exponent)) == significand else {
                throw Self.tooLarge(at: start)
            }
            writer.double(isNegative ? -value : value)
        }
    }

    private func writeInteger(to writer: inout JSONWriter, at start: Int) throws(CBORError) {
        if isTwoToThe64 {
            // Beyond what JSON's readers take as an integer, and exact as a double.
            writer.double(isNegative ? -0x1p64 : 0x1p64)
        } else if !isNegative {
            writer.integer(magnitude)
        } else if magnitude <= Int64.min.magnitude {
            writer.integer(Int64(truncatingIfNeeded: 0 &- magnitude))
        } else if UInt64(exactly: Double(magnitude)) == magnitude {
            writer.double(-Double(magnitude))
        } else {
            throw Self.tooLarge(at: start)
        }
    }

    /// The digits with a point, or with an exponent where that would make them long.
    private func writeDecimal(to writer: inout JSONWriter, at start: Int) throws(CBORError) {
        var digits = String(magnitude)
        // Beyond, a double is infinite or 0, and a reader could not give the number back.
        guard (-300...300).contains(exponent), (-300...300).contains(exponent + Int64(digits.utf8.count)) else {
            throw Self.tooLarge(at: start)
        }
        if (-18..<0).contains(exponent) {
            let places = Int(-exponent)
            let missing = places + 1 - digits.utf8.count
            if missing > 0 { digits = String(repeating: "0", count: missing) + digits }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
        } else if exponent > 0, digits.utf8.count + Int(exponent) <= 18 {
            digits += String(repeating: "0", count: Int(exponent))
        } else {
            digits += "e\(exponent)"
        }
        writer.raw((isNegative ? "-" + digits : digits).utf8Bytes)
    }

    private static func tooLarge(at start: Int) -> CBORError {
        CBORError(.numberOutOfRange, at: start, "the number cannot be written so that it reads back exactly")
    }

    // MARK: Floats and times

    /// The value of a half-precision float: RFC 8949, appendix D.
    static func half(_ bits: UInt16) -> Double {
        let exponent = Int32(bits >> 10 & 0x1F)
        let mantissa = Double(bits & 0x3FF)
        let magnitude: Double =
            switch exponent {
            case 0: scalbn(mantissa, -24)
            case 31: mantissa == 0 ? .infinity : .nan
            default: scalbn(mantissa + 1024, exponent - 25)
            }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }

    /// Tag 1: seconds from 1970, as an integer or a float.
    static func writeTime(_ bytes: RawSpan, at offset: inout Int, to writer: inout JSONWriter) throws(CBORError) {
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        let time: EventTime?
        switch (head.major, head.information) {
        case (0, _), (1, _): time = head.key.flatMap { EventTime($0, unit: 1_000_000) }
        case (7, 25): time = EventTime(seconds: half(UInt16(truncatingIfNeeded: head.argument)))
        case (7, 26): time = EventTime(seconds: Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument))))
        case (7, 27): time = EventTime(seconds: Double(bitPattern: head.argument))
        default: throw CBORError(.type, at: start, "tag 1 makes a time of a number, and this is none")
        }
        guard let time else {
            throw CBORError(.numberOutOfRange, at: start, "the time lies outside of the years 0000 to 9999")
        }
        writer.time(time)
    }
}
