import JSONDocument

/// Cuts a JSON text into the texts of its parts, without reading their values.
///
/// So a test keeps its data as written, also a number that no parser here would take.
struct JSONSlices {
    private let text: [UInt8]

    init(_ text: [UInt8]) {
        self.text = text
    }

    /// The bytes that are not white space around a range.
    func trimmed(_ range: Range<Int>? = nil) -> Range<Int> {
        var range = range ?? text.indices
        while let first = range.first, Self.isSpace(text[first]) { range = (first + 1)..<range.upperBound }
        while let last = range.last, Self.isSpace(text[last]) { range = range.lowerBound..<last }
        return range
    }

    /// The text of a part.
    subscript(range: Range<Int>) -> [UInt8] { Array(text[range]) }

    /// The elements of the array in `range`; nil when it is none.
    func elements(_ range: Range<Int>) -> [Range<Int>]? {
        parts(of: range, from: UInt8(ascii: "["), to: UInt8(ascii: "]"))
    }

    /// The members of the object in `range`; nil when it is none.
    func members(_ range: Range<Int>) -> [String: Range<Int>]? {
        guard let parts = parts(of: range, from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) else { return nil }
        var members: [String: Range<Int>] = [:]
        for part in parts {
            guard text[part.lowerBound] == UInt8(ascii: "\"") else { return nil }
            let end = endOfString(part.lowerBound)
            let rest = trimmed(min(end, part.upperBound)..<part.upperBound)
            // What is no JSON is not of the form: the caller says where.
            guard let first = rest.first, text[first] == UInt8(ascii: ":"),
                case .string(let name)? = try? JSONTree(parsing: self[part.lowerBound..<end])
            else { return nil }
            members[name] = trimmed((first + 1)..<part.upperBound)
        }
        return members
    }

    /// What commas separate between two brackets.
    private func parts(of range: Range<Int>, from open: UInt8, to close: UInt8) -> [Range<Int>]? {
        guard range.count >= 2, text[range.lowerBound] == open, text[range.upperBound - 1] == close else { return nil }
        var parts: [Range<Int>] = []
        var start = range.lowerBound + 1
        var depth = 0
        var position = start
        while position < range.upperBound {
            switch text[position] {
            case UInt8(ascii: "\""):
                position = endOfString(position)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                guard depth < 0 else { break }
                guard position == range.upperBound - 1 else { return nil }
                let last = trimmed(start..<position)
                if last.isEmpty { return parts.isEmpty ? [] : nil }
                return parts + [last]
            case UInt8(ascii: ",") where depth == 0:
                let part = trimmed(start..<position)
                guard !part.isEmpty else { return nil }
                parts.append(part)
                start = position + 1
            default: break
            }
            position += 1
        }
        return nil
    }

    /// The position behind the closing quote of the string that begins at `position`.
    private func endOfString(_ position: Int) -> Int {
        var position = position + 1
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position + 1, text.count)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
