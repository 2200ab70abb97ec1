import Glibc
import JSONDocument
import Telemetry

/// Writes texts from a file as JSON values.
struct ValueConverter {
    enum Result {
        case value
        case time(EventTime)
        /// What was expected, to be put behind the value.
        case complaint(String)
    }

    private let nulls: Set<String>
    private let pattern: TimePattern
    private let hasPattern: Bool
    private let offsetSeconds: Int?

    init(_ mapping: RecordMapping) throws(CommandFailure) {
        nulls = mapping.nulls ?? RecordMapping.usualNulls
        hasPattern = mapping.timeFormat != nil
        if let format = mapping.timeFormat { pattern = try TimePattern(format) } else { pattern = .iso }
        if let zone = mapping.timeZone { offsetSeconds = try UTCOffset.parse(zone) } else { offsetSeconds = nil }
    }

    /// Whether `text` stands for no value.
    func isNull(_ text: String) -> Bool { nulls.contains(text) }

    /// Adds `text` as a value of `type` to `bytes`; times are made later by `shift`.
    func append(_ text: String, as type: FieldType, shift: Duration, to bytes: inout [UInt8]) -> Result {
        switch type {
        case .string: appendString(text, to: &bytes)
        case .number(let factor): return appendNumber(text, factor: factor, to: &bytes)
        case .integer: return appendInteger(text, to: &bytes)
        case .boolean: return appendBoolean(text, to: &bytes)
        case .time: return appendTime(text, shift: shift, to: &bytes)
        case .automatic:
            if JSONNumber.isValid(text) {
                bytes.append(contentsOf: text.utf8)
            } else if hasPattern, case .time(let time) = appendTime(text, shift: shift, to: &bytes) {
                return .time(time)
            } else {
                appendString(text, to: &bytes)
            }
        }
        return .value
    }

    private func appendString(_ text: String, to bytes: inout [UInt8]) {
        var writer = JSONWriter()
        writer.string(text)
        bytes.append(contentsOf: writer.bytes)
    }

    private func appendNumber(_ text: String, factor: Double, to bytes: inout [UInt8]) -> Result {
        if factor == 1, JSONNumber.isValid(text) {
            bytes.append(contentsOf: text.utf8)
            return .value
        }
        let isPlain = text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
        guard isPlain, let number = Double(text), number.isFinite else { return .complaint("which is no number") }
        // Nine digits behind the point: what a factor adds beyond them is its own rounding error.
        let product = factor == 1 ? number : (number * factor * 1e9).rounded() / 1e9
        guard product.isFinite else { return .complaint("which is too large") }
        if product == product.rounded(), product.magnitude < 1e15 {
            bytes.append(contentsOf: String(Int64(product)).utf8)
        } else {
            bytes.append(contentsOf: String(product).utf8)
        }
        return .value
    }

    private func appendInteger(_ text: String, to bytes: inout [UInt8]) -> Result {
        if let number = Int64(text) {
            bytes.append(contentsOf: String(number).utf8)
            return .value
        }
        guard let number = Double(text), number == number.rounded(), number.magnitude < 1e15 else {
            return .complaint("which is no whole number")
        }
        bytes.append(contentsOf: String(Int64(number)).utf8)
        return .value
    }

    private func appendBoolean(_ text: String, to bytes: inout [UInt8]) -> Result {
        switch text.lowercased() {
        case "true", "t", "yes", "y", "1": bytes.append(contentsOf: "true".utf8)
        case "false", "f", "no", "n", "0": bytes.append(contentsOf: "false".utf8)
        default: return .complaint("which is neither true nor false")
        }
        return .value
    }

    private func appendTime(_ text: String, shift: Duration, to bytes: inout [UInt8]) -> Result {
        guard let time = pattern.parse(text, defaultOffsetSeconds: offsetSeconds) else {
            let needsZone = offsetSeconds == nil && pattern.parse(text, defaultOffsetSeconds: 0) != nil
            return .complaint(
                needsZone
                    ? "a time without an offset from UTC; give --time-zone" : "which is no time in the format given")
        }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: time.advanced(by: shift).description.utf8)
        bytes.append(UInt8(ascii: "\""))
        return .time(time)
    }
}

/// The grammar of numbers in JSON (RFC 8259, section 6).
enum JSONNumber {
    static func isValid(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = digits(&rest)
        guard whole > 0, whole == 1 || text.utf8.first(where: { $0 != UInt8(ascii: "-") }) != UInt8(ascii: "0") else {
            return false
        }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func digits(_ rest: inout Substring.UTF8View) -> Int {
        let count = rest.prefix { (48...57).contains($0) }.count
        rest = rest.dropFirst(count)
        return count
    }
}
