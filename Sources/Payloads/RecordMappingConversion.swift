import JSONDocument
import Telemetry

/// What is done to a value before it becomes that of a member.
///
/// First `values` are looked up; then numbers are computed with: `value * multiply / divide + add`, or a unit or ratio;
/// or a time is read. `null` stays `null`. Where arithmetic is asked for, text that is a number counts as one.
package struct RecordConversion: Sendable {
    /// Between shares of 1 and percent.
    package enum Ratio: String, CaseIterable, Sendable {
        /// 0.54 becomes 54.
        case percent
        /// 54 becomes 0.54.
        case fraction
    }

    /// The value as it is.
    package static let none = RecordConversion()

    /// A listed value and the JSON of what it becomes.
    struct Replacement: Sendable {
        let key: [UInt8]
        let number: DecimalNumber?
        let json: [UInt8]
    }

    let replacements: [Replacement]
    let linear: LinearConversion?
    let time: TimeRule?
    /// The listed values, for messages.
    private let keys: String

    private init() {
        replacements = []
        linear = nil
        time = nil
        keys = ""
    }

    /// - Parameters:
    ///   - values: what single values become; the others are refused unless another conversion follows.
    ///   - unit: the units in the source and in the record; see ``MeasurementUnit``.
    ///   - ratio: from shares to percent or back.
    ///   - multiply: a decimal number.
    ///   - divide: a decimal number.
    ///   - add: a decimal number.
    ///   - decimalPlaces: digits behind the point to which the result is rounded, half away from zero.
    ///   - time: how a time is read.
    /// - Throws: `RecordMappingError` for what is no number or unit, and for conversions that exclude each other.
    package init(
        values: [(key: String, value: RecordConstant)] = [], unit: (from: String, to: String)? = nil,
        ratio: Ratio? = nil, multiply: String? = nil, divide: String? = nil, add: String? = nil,
        decimalPlaces: Int? = nil, time: TimeRule? = nil
    ) throws(RecordMappingError) {
        var words: [String] = []
        if unit != nil { words.append("unit") }
        if ratio != nil { words.append("ratio") }
        if multiply != nil || divide != nil || add != nil { words.append("multiply, divide, add") }
        if time != nil { words.append("time rules") }
        guard words.count < 2 else { throw .contradiction(words[0], words[1]) }
        if time != nil, decimalPlaces != nil { throw .contradiction("time rules", "round") }
        replacements = try Self.replacements(values)
        keys = values.map(\.key).joined(separator: ", ")
        linear = try Self.linear(unit, ratio, multiply, divide, add, decimalPlaces)
        self.time = time
    }

    var isNone: Bool { replacements.isEmpty && linear == nil && time == nil }

    private static func replacements(
        _ values: [(key: String, value: RecordConstant)]
    ) throws(RecordMappingError) -> [Replacement] {
        var replacements: [Replacement] = []
        for (key, value) in values {
            guard !replacements.contains(where: { $0.key == Array(key.utf8) }) else { throw .badValue(key) }
            if case .number(let text) = value, DecimalNumber(text.utf8Bytes) == nil { throw .badValue(text) }
            replacements.append(
                Replacement(
                    key: Array(key.utf8), number: DecimalNumber(key.utf8Bytes)?.normalized, json: Array(value.json.utf8)
                ))
        }
        return replacements
    }

    private static func linear(
        _ unit: (from: String, to: String)?, _ ratio: Ratio?, _ multiply: String?, _ divide: String?, _ add: String?,
        _ decimalPlaces: Int?
    ) throws(RecordMappingError) -> LinearConversion? {
        // 12 places: a picometre in a metre.
        if let decimalPlaces, !(0...12).contains(decimalPlaces) { throw .badDecimalPlaces(decimalPlaces) }
        var scale = Rational.one
        var offset = Rational.zero
        if let unit {
            guard let from = MeasurementUnit(unit.from) else { throw .unknownUnit(unit.from) }
            guard let to = MeasurementUnit(unit.to) else { throw .unknownUnit(unit.to) }
            guard from.quantity == to.quantity else { throw .differentQuantities(from: unit.from, to: unit.to) }
            guard let conversion = from.conversion(to: to) else { throw .tooManyDigits }
            (scale, offset) = conversion
        } else if let ratio {
            scale = ratio == .percent ? Rational(100) : Rational(1, over: 100) ?? .one
        } else if multiply != nil || divide != nil || add != nil {
            (scale, offset) = try arithmetic(multiply, divide, add)
        } else if decimalPlaces == nil {
            return nil
        }
        guard let linear = LinearConversion(scale: scale, offset: offset, decimalPlaces: decimalPlaces) else {
            throw .tooManyDigits
        }
        return linear
    }

    private static func arithmetic(
        _ multiply: String?, _ divide: String?, _ add: String?
    ) throws(RecordMappingError) -> (Rational, Rational) {
        func rational(_ text: String?) throws(RecordMappingError) -> Rational? {
            guard let text else { return nil }
            guard let number = DecimalNumber(text.utf8Bytes) else { throw .notNumber(text) }
            guard let rational = Rational(number) else { throw .tooManyDigits }
            return rational
        }
        var scale = try rational(multiply) ?? .one
        if let divisor = try rational(divide) {
            guard let inverse = divisor.inverse else { throw .divisionByZero }
            guard let product = scale.multiplied(by: inverse) else { throw .tooManyDigits }
            scale = product
        }
        return (scale, try rational(add) ?? .zero)
    }

    // MARK: Applying

    /// Appends the converted value, which is in `document` at `index`.
    ///
    /// - Returns: a sentence when it cannot be converted.
    func convert(_ document: JSONDocument, at index: Int, to bytes: inout [UInt8]) -> String? {
        let tag = document.tag(at: index)
        if !replacements.isEmpty {
            if let json = replacement(for: document, at: index) {
                bytes.append(contentsOf: json)
                return nil
            }
            guard linear != nil || time != nil else {
                let found = Self.shown(document, at: index)
                return "\(found) is none of the values that the mapping of this source lists: \(keys)"
            }
        }
        if tag == JSONKind.null.rawValue {
            bytes.append(contentsOf: "null".utf8)
            return nil
        }
        if let time { return time.convert(document, at: index, to: &bytes) }
        guard let linear else {
            document.write(index, into: &bytes)
            return nil
        }
        guard let number = DecimalNumber(document, at: index) else {
            return "\(Self.shown(document, at: index)) is no number, and the mapping of this source computes with it"
        }
        guard let result = linear.apply(number) else {
            return "\(Self.shown(document, at: index)), converted, is larger than a double holds"
        }
        result.append(to: &bytes)
        return nil
    }

    /// The same for text that is not in the document, such as a level of the topic.
    func convert(text: RawSpan, to bytes: inout [UInt8]) -> String? {
        var parser = JSONParser(capacity: 256)
        var writer = JSONWriter()
        writer.string(text)
        do throws(JSONParseError) {
            let document = try parser.parse(writer.bytes)
            return convert(document, at: document.root, to: &bytes)
        } catch {
            return "it is no text: \(error.sentence)"
        }
    }

    private func replacement(for document: JSONDocument, at index: Int) -> [UInt8]? {
        switch document.tag(at: index) {
        case JSONKind.string.rawValue: return replacement(named: document.stringBytes(at: index))
        case JSONKind.true.rawValue: return replacement(named: "true".utf8Bytes)
        case JSONKind.false.rawValue: return replacement(named: "false".utf8Bytes)
        case JSONKind.null.rawValue: return replacement(named: "null".utf8Bytes)
        default:
            guard let number = DecimalNumber(document, at: index)?.normalized else { return nil }
            return replacements.first { $0.number == number }?.json
        }
    }

    private func replacement(named name: RawSpan) -> [UInt8]? {
        for replacement in replacements {
            // Safe: every byte of the array is initialized.
            if unsafe replacement.key.span.bytes.hasSameBytes(as: name) { return replacement.json }
        }
        return nil
    }

    /// A value as a message shows it: short, and not as whole objects.
    static func shown(_ document: JSONDocument, at index: Int) -> String {
        switch document.kind(at: index) {
        case .object: return "an object"
        case .array: return "an array"
        default:
            let text = document.text(of: index)
            return text.utf8.count <= 64 ? text : "\(text.prefix(60))…"
        }
    }
}
