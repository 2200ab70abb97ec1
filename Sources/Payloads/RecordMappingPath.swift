import JSONDocument
import Telemetry

/// The way to a value in a source document: `object.rsrp` or the JSON pointer `/object/rsrp`.
///
/// With dots, a member whose name has dots itself is found too: at each object, the member that is called as all the
/// rest of the path is tried first (`Device.WiFi.Status` leads to the value in both forms of TR-369).
package struct SourcePath: Equatable, Sendable {
    /// The path as it was written.
    package let text: String
    /// The parts to walk along, in UTF-8; between those of a path with dots there are dots.
    private let bytes: [UInt8]
    private let parts: [Range<Int>]
    private let isPointer: Bool

    /// - Throws: `RecordMappingError.badPath` when it is empty, has an empty part, or is no pointer.
    package init(_ text: String) throws(RecordMappingError) {
        self.text = text
        isPointer = text.hasPrefix("/")
        var tokens: [String]
        if isPointer {
            guard let pointer = JSONPointer(text: text) else { throw .badPath(text) }
            tokens = pointer.tokens
        } else {
            tokens = text.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
            guard !tokens.contains("") else { throw .badPath(text) }
        }
        var bytes: [UInt8] = []
        var parts: [Range<Int>] = []
        for token in tokens {
            if !parts.isEmpty { bytes.append(UInt8(ascii: ".")) }
            parts.append(bytes.count..<(bytes.count + token.utf8.count))
            bytes.append(contentsOf: token.utf8)
        }
        self.bytes = bytes
        self.parts = parts
    }

    /// The number of steps to take.
    var stepCount: Int { parts.count }

    /// The name of the member, or the place of the element, to step to.
    @_lifetime(borrow self)
    func token(_ step: Int) -> RawSpan {
        // Safe: every byte of the array is initialized, and the span lives no longer than `self`.
        unsafe _overrideLifetime(bytes.span.bytes.extracting(parts[step]), borrowing: self)
    }

    /// The value at the end of the path from `start`; nil when it is not there.
    func find(in document: JSONDocument, from start: Int) -> Int? {
        var index = start
        for step in parts.indices {
            // Safe: every byte of the array is initialized.
            let all = unsafe bytes.span.bytes
            if !isPointer, step + 1 < parts.count,
                let value = document.member(named: all.extracting(parts[step].lowerBound..<bytes.count), of: index)
            {
                return value
            }
            guard let next = Self.step(all.extracting(parts[step]), document, index) else { return nil }
            index = next
        }
        return index
    }

    /// One step into the object or array at `index`.
    static func step(_ token: RawSpan, _ document: JSONDocument, _ index: Int) -> Int? {
        switch document.tag(at: index) {
        case JSONKind.object.rawValue: document.member(named: token, of: index)
        case JSONKind.array.rawValue:
            if let position = position(token) { document.element(position, of: index) } else { nil }
        default: nil
        }
    }

    /// The place in an array that a token names: decimal digits without a leading zero.
    private static func position(_ token: RawSpan) -> Int? {
        guard (1...9).contains(token.byteCount) else { return nil }
        var position = 0
        for offset in 0..<token.byteCount {
            let digit = token.octet(at: offset) &- 0x30
            guard digit <= 9, digit > 0 || offset > 0 || token.byteCount == 1 else { return nil }
            position = position * 10 + Int(digit)
        }
        return position
    }
}
