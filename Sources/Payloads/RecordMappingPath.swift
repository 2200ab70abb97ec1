import JSONDocument
import Telemetry

/// The way to a value in a source document: `object.rsrp` or the JSON pointer `/object/rsrp`.
///
/// With dots, a member whose name has dots itself is found too: at each object, the member that is called as all the
/// rest of the path is tried first (`Device.WiFi.Status` leads to the value in both forms of TR-369).
package struct SourcePath: Equatable, Sendable {
    /// The path as it was written.
    package let text: String
    /// The parts to walk along, in UTF-8.
    let tokens: [[UInt8]]
    /// For each token, what is left of the path there; nil for pointers, which are exact.
    private let rests: [[UInt8]]?

    /// - Throws: `RecordMappingError.badPath` when it is empty, has an empty part, or is no pointer.
    package init(_ text: String) throws(RecordMappingError) {
        self.text = text
        if text.hasPrefix("/") {
            guard let pointer = JSONPointer(text: text) else { throw .badPath(text) }
            tokens = pointer.tokens.map { Array($0.utf8) }
            rests = nil
        } else {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard !parts.contains(where: \.isEmpty) else { throw .badPath(text) }
            tokens = parts.map { Array($0.utf8) }
            rests = parts.indices.map { Array(parts[$0...].joined(separator: ".").utf8) }
        }
    }

    /// The value at the end of the path from `start`; nil when it is not there.
    func find(in document: JSONDocument, from start: Int) -> Int? {
        var index = start
        for position in tokens.indices {
            switch document.tag(at: index) {
            case JSONKind.object.rawValue:
                if let rests, position + 1 < tokens.count, let value = Self.member(rests[position], document, index) {
                    return value
                }
                guard let value = Self.member(tokens[position], document, index) else { return nil }
                index = value
            case JSONKind.array.rawValue:
                guard let element = Self.element(tokens[position], document, index) else { return nil }
                index = element
            default: return nil
            }
        }
        return index
    }

    /// One step into the object or array at `index`.
    static func step(_ token: [UInt8], _ document: JSONDocument, _ index: Int) -> Int? {
        switch document.tag(at: index) {
        case JSONKind.object.rawValue: member(token, document, index)
        case JSONKind.array.rawValue: element(token, document, index)
        default: nil
        }
    }

    private static func member(_ name: [UInt8], _ document: JSONDocument, _ index: Int) -> Int? {
        // Safe: every byte of the array is initialized.
        document.member(named: unsafe name.span.bytes, of: index)
    }

    private static func element(_ token: [UInt8], _ document: JSONDocument, _ index: Int) -> Int? {
        guard !token.isEmpty, token.count < 10, token.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard token.count == 1 || token[0] != 0x30 else { return nil }
        return document.element(token.reduce(0) { $0 * 10 + Int($1 - 0x30) }, of: index)
    }
}
