import JSONDocument
import Telemetry

/// A refusal with the place in the payload, for people and for programs.
struct RefusalText {
    private let refusal: Refusal
    private let payload: [UInt8]
    /// Where in the payload, if it is one place.
    private let place: JSONLocator.Place?

    /// Finding a place reads the payload up to there, which is too much for each of 80,000 empty objects.
    static let mostPlaces = 100

    /// Without `findsPlace`, the pointer alone says where.
    init(_ refusal: Refusal, payload: [UInt8], findsPlace: Bool = true) {
        self.refusal = refusal
        self.payload = payload
        guard findsPlace else {
            place = nil
            return
        }
        // Safe: UInt8 has no padding.
        let locator = unsafe JSONLocator(payload.span.bytes)
        if let offset = refusal.byteOffset {
            place = locator.place(at: min(offset, payload.count))
        } else if !refusal.pointer.isEmpty {
            place = JSONPointer(text: refusal.pointer).flatMap { locator.place(of: $0) }
        } else {
            place = nil
        }
    }

    /// The reason and the place in words, then the line of the payload with a caret under the place.
    func lines(source: String, width: Int, isColoured: Bool) -> [String] {
        var location = ""
        if !refusal.pointer.isEmpty { location += " at \(refusal.pointer)" }
        if place == nil, let offset = refusal.byteOffset {
            location += "\(location.isEmpty ? " at" : ",") byte \(offset)"
        }
        if let place { location += "\(location.isEmpty ? " at" : ",") line \(place.line), column \(place.column)" }
        let head =
            "\(source): \(Tint.bad.paint("refused", if: isColoured)), "
            + "\(Tint.heading.paint(refusal.reason.rawValue, if: isColoured))\(location)"
        var lines = [head, "  \(refusal.sentence)"]
        if let place, !payload.isEmpty, let excerpt = excerpt(around: place, width: max(40, width - 10)) {
            let number = String(place.line)
            let margin = String(repeating: " ", count: number.count)
            lines.append("  \(Tint.faint.paint("\(number) |", if: isColoured)) \(excerpt.text)")
            let caret = String(repeating: " ", count: excerpt.column) + Tint.bad.paint("^", if: isColoured)
            lines.append("  \(Tint.faint.paint("\(margin) |", if: isColoured)) \(caret)")
        }
        return lines
    }

    /// The part of the line around the place that fits into `width`, and the column of the place in it.
    private func excerpt(around place: JSONLocator.Place, width: Int) -> (text: String, column: Int)? {
        let start = place.byteOffset - (place.column - 1)
        guard start >= 0, start <= payload.count else { return nil }
        let rest = payload[start...]
        let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        // A place behind the end of the line is shown there.
        let split = line.startIndex + min(place.column - 1, line.count)
        let before = Array(Terminal.printable(String(decoding: line[..<split], as: UTF8.self).unicodeScalars))
        let after = Array(Terminal.printable(String(decoding: line[split...], as: UTF8.self).unicodeScalars))
        guard before.count + after.count > width else { return (String(before + after), before.count) }
        let shownBefore = min(before.count, max(width - after.count, width / 2))
        var head = Array(before.suffix(shownBefore))
        var tail = Array(after.prefix(width - shownBefore))
        if head.count < before.count, !head.isEmpty { head[0] = "…" }
        if tail.count < after.count, !tail.isEmpty { tail[tail.count - 1] = "…" }
        return (String(head + tail), head.count)
    }

    /// The refusal as members of an object that the caller has begun.
    func write(to writer: inout JSONWriter) {
        writer.member("reason", refusal.reason.rawValue)
        writer.member("pointer", refusal.pointer.isEmpty ? nil : refusal.pointer)
        writer.member("line", place?.line)
        writer.member("column", place?.column)
        writer.member("byte_offset", refusal.byteOffset)
        writer.member("sentence", refusal.sentence)
    }
}
