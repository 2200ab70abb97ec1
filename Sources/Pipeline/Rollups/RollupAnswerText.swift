import JSONDocument
package import Rollups
import Telemetry

extension RollupAnswer {
    /// A JSON array with an object for each row; what is null or was not measured is null.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for row in rows { Self.write(row, columns, to: &writer) }
        writer.endArray()
        return writer.bytes
    }

    private static func write(_ row: [RollupValue?], _ columns: [String], to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in zip(columns, row) {
            writer.name(name)
            switch value {
            case nil: writer.null()
            case .integer(let number): writer.integer(number)
            case .double(let number): if number.isFinite { writer.double(number) } else { writer.null() }
            case .boolean(let truth): writer.bool(truth)
            case .text(let text): writer.string(text)
            case .time(let time): writer.string(time.description)
            case .decimal(let digits, let scale):
                // As it is, not by way of a double.
                let text = RollupValue.decimalText(digits, scale: scale)
                writer.raw(text.utf8Bytes)
            }
        }
        writer.endObject()
    }

    /// RFC 4180 with a line of names first; an empty field is null.
    package var csv: String {
        var text = columns.map(Self.csvField).joined(separator: ",") + "\r\n"
        for row in rows {
            text += row.map { $0.map { Self.csvField($0.text) } ?? "" }.joined(separator: ",")
            text += "\r\n"
        }
        return text
    }

    private static func csvField(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 != 0x22 && $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }
        return isPlain ? text : "\"\(text.replacing("\"", with: "\"\""))\""
    }
}

extension RollupValue {
    /// The value in full, as CSV has it.
    package var text: String {
        switch self {
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .boolean(let truth): truth ? "true" : "false"
        case .text(let text): text
        case .time(let time): time.description
        case .decimal(let digits, let scale): Self.decimalText(digits, scale: scale)
        }
    }

    /// `digits / 10^scale`, exactly.
    static func decimalText(_ digits: Int128, scale: Int) -> String {
        guard scale > 0 else { return "\(digits)" }
        let text = "\(digits.magnitude)"
        let padded = String(repeating: "0", count: max(0, scale + 1 - text.utf8.count)) + text
        return "\(digits < 0 ? "-" : "")\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }
}
