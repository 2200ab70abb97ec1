import Foundation
import TestSupport
import Testing

@testable import Payloads

@Suite("Decimal arithmetic of mappings")
struct LinearConversionTests {
    /// The text of a number after a conversion.
    private func text(_ number: String, _ conversion: RecordConversion) -> String {
        var bytes: [UInt8] = []
        guard let decimal = Double(number).map({ DecimalNumber($0) }), let linear = conversion.linear,
            let result = linear.apply(decimal)
        else { return "none" }
        result.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "products are those of the digits, not of doubles",
        arguments: [
            ("0.29", "100", "29"), ("0.57", "100", "57"), ("1.1", "1.1", "1.21"), ("-0.07", "100", "-7"),
            ("4.35", "100", "435"), ("0.1", "3", "0.3"), ("1e-7", "1000", "0.0001"), ("0", "100", "0"),
            ("1e300", "10", "1e+301"), ("9007199254740993", "1", "9007199254740992"), ("16.1", "0.001", "0.0161"),
        ])
    func products(number: String, factor: String, expected: String) throws {
        #expect(text(number, try RecordConversion(multiply: factor)) == expected)
    }

    @Test("integers stay exact to the last digit")
    func integers() throws {
        let conversion = try RecordConversion(add: "1")
        var bytes: [UInt8] = []
        conversion.linear?.apply(DecimalNumber(coefficient: Int128(Int64.max)))?.append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "9223372036854775808")
    }

    @Test(
        "units convert by their definitions",
        arguments: [
            ("71.6", "degF", "Cel", "22"), ("100", "degF", "Cel", "37.77777777777778"), ("21.5", "Cel", "K", "294.65"),
            ("-40", "Cel", "[degF]", "-40"), ("36", "km/h", "m/s", "10"), ("10", "m/s", "km/h", "36"),
            ("1", "kn", "km/h", "1.852"), ("60", "mph", "km/h", "96.56064"), ("1013.25", "hPa", "Pa", "101325"),
            ("101.325", "kPa", "hPa", "1013.25"), ("760", "mmHg", "kPa", "101.32472"), ("0.54", "ratio", "%", "54"),
            ("0.035", "mg/m3", "ug/m3", "35"), ("1234", "mm", "m", "1.234"), ("93.4", "Mbit/s", "kbit/s", "93400"),
            ("1", "MBy/s", "Mbit/s", "8"), ("90", "min", "h", "1.5"), ("3616", "mV", "V", "3.616"),
            ("1.5", "kW", "W", "1500"), ("93.4", "kWh", "Wh", "93400"), ("1", "kWh", "MJ", "3.6"),
            ("-95", "dBm", "dBm", "-95"), ("0", "dBW", "dBm", "30"), ("1", "m3/h", "L/min", "16.666666666666668"),
        ])
    func units(number: String, from: String, to: String, expected: String) throws {
        #expect(text(number, try RecordConversion(unit: (from, to))) == expected)
    }

    @Test("every unit converts into every other of its quantity, and no other")
    func allUnits() throws {
        for from in MeasurementUnit.codes {
            for to in MeasurementUnit.codes {
                let isSame = MeasurementUnit(from)?.quantity == MeasurementUnit(to)?.quantity
                if isSame {
                    #expect(throws: Never.self, "\(from) to \(to)") { _ = try RecordConversion(unit: (from, to)) }
                } else {
                    #expect(throws: RecordMappingError.differentQuantities(from: from, to: to)) {
                        _ = try RecordConversion(unit: (from, to))
                    }
                }
            }
        }
    }

    @Test(
        "rounding is half away from zero",
        arguments: [
            ("2.5", 0, "3"), ("-2.5", 0, "-3"), ("2.449", 1, "2.4"), ("2.45", 1, "2.5"), ("1e-30", 3, "0"),
            ("1e30", 3, "1e+30"), ("0.0005", 3, "0.001"),
        ])
    func rounding(number: String, places: Int, expected: String) throws {
        #expect(text(number, try RecordConversion(decimalPlaces: places)) == expected)
    }

    @Test("what a double cannot hold is said to be too large")
    func tooLarge() throws {
        #expect(text("1e308", try RecordConversion(multiply: "100")) == "none")
        #expect(text("1e308", try RecordConversion(divide: "0.009")) == "none")
    }

    @Test("what cannot be is refused when the mapping is made")
    func errors() {
        #expect(throws: RecordMappingError.unknownUnit("furlong")) {
            _ = try RecordConversion(unit: ("furlong", "m"))
        }
        #expect(throws: RecordMappingError.divisionByZero) { _ = try RecordConversion(divide: "0.0") }
        #expect(throws: RecordMappingError.notNumber("ten")) { _ = try RecordConversion(multiply: "ten") }
        #expect(throws: RecordMappingError.tooManyDigits) {
            _ = try RecordConversion(multiply: "1.23456789012345678901")
        }
        #expect(throws: RecordMappingError.contradiction("unit", "multiply, divide, add")) {
            _ = try RecordConversion(unit: ("m", "cm"), add: "1")
        }
        #expect(throws: RecordMappingError.badDecimalPlaces(13)) { _ = try RecordConversion(decimalPlaces: 13) }
        #expect(throws: RecordMappingError.badValue("a")) {
            _ = try RecordConversion(values: [("a", .null), ("a", .bool(true))])
        }
    }

    /// Each line: number, multiplier, divisor, addend, places or "-", and what the conversion gave.
    private static let judge = """
        import sys
        from fractions import Fraction
        from decimal import Decimal
        bad = 0
        for line in sys.stdin:
            x, m, d, a, places, got = line.split()
            exact = Fraction(Decimal(repr(float(x))) if 'i' not in x else Decimal(x[1:])) * Fraction(m) / Fraction(d) + Fraction(a)
            if places != '-':
                n = int(places)
                scaled = abs(exact) * 10 ** n
                whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
                exact = Fraction(whole if exact >= 0 else -whole, 10 ** n)
            # Either every digit is right, or it is the nearest double and there are more than 17 digits.
            if Fraction(Decimal(got)) == exact: continue
            digits = exact.denominator
            while digits % 2 == 0: digits //= 2
            while digits % 5 == 0: digits //= 5
            if digits == 1:
                value = exact.numerator * 10 ** 400 // exact.denominator
                if len(str(abs(value)).rstrip('0')) <= 17 and abs(exact) > Fraction(1, 10 ** 6):
                    print('inexact', line.strip()); bad += 1; continue
            nearest = exact.numerator / exact.denominator
            if float(got) != nearest: print('far', line.strip(), nearest); bad += 1
        print(bad)
        """

    @Test(
        "results agree with Python's fractions", .enabled(if: Python.interpreter != nil, "\(Python.absence)"),
        arguments: [UInt64(1), 2, 3])
    func oracle(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var lines: [String] = []
        for _ in 0..<4000 {
            let number = Self.number(&random)
            let (multiply, divide) = (Self.coefficient(&random), Self.coefficient(&random))
            let add = Self.coefficient(&random)
            let places = random.chance(1, in: 3) ? Int.random(in: 0...6, using: &random) : nil
            guard
                let conversion = try? RecordConversion(
                    multiply: multiply, divide: divide == "0" ? "1" : divide, add: add, decimalPlaces: places),
                let result = conversion.linear?.apply(number.decimal)
            else { continue }
            var bytes: [UInt8] = []
            result.append(to: &bytes)
            let got = String(decoding: bytes, as: UTF8.self)
            let shown = places.map { "\($0)" } ?? "-"
            lines.append("\(number.text) \(multiply) \(divide == "0" ? "1" : divide) \(add) \(shown) \(got)")
        }
        #expect(lines.count > 3000)
        let output = try Python.run(Self.judge, input: lines.joined(separator: "\n") + "\n")
        #expect(output == "0\n", "\(output.prefix(2000))")
    }

    private static func number(_ random: inout SeededRandom) -> (text: String, decimal: DecimalNumber) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            let value = Int64(bitPattern: random.next()) >> Int64.random(in: 0...60, using: &random)
            return ("i\(value)", DecimalNumber(coefficient: Int128(value)))
        case 1:
            let value = Double(Int.random(in: -99_999...99_999, using: &random)) / 100
            return (value.description, DecimalNumber(value))
        case 2:
            let value = Double.random(in: -1...1, using: &random) * 1e-18
            return (value.description, DecimalNumber(value))
        case 3:
            let value = Double.random(in: -1e30...1e30, using: &random)
            return (value.description, DecimalNumber(value))
        default:
            let value = Double.random(in: -1000...1000, using: &random)
            return (value.description, DecimalNumber(value))
        }
    }

    private static func coefficient(_ random: inout SeededRandom) -> String {
        let digits = Int.random(in: -9999...9999, using: &random)
        return random.chance(1, in: 2) ? "\(digits)" : "\(Double(digits) / 1000)"
    }
}
