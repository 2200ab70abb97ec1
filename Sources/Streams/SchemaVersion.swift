import Telemetry

/// The version of a stream's schema: 1 and 1.1 live side by side, and 2 may break with both.
package struct SchemaVersion: Hashable, Comparable, Sendable {
    package let major: Int
    package let minor: Int

    package init(major: Int, minor: Int = 0) {
        self.major = major
        self.minor = minor
    }

    /// Reads `1`, `1.0` or `1.1`; nil for anything else.
    package init?(_ text: RawSpan) {
        var numbers = (0, 0)
        var digitCount = 0
        var isMinor = false
        for offset in 0..<text.byteCount {
            // Safe: the offset is inside, and any byte is a UInt8.
            let byte = unsafe text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            switch byte {
            case 0x30...0x39 where digitCount < Self.maximumDigitCount:
                if isMinor {
                    numbers.1 = numbers.1 * 10 + Int(byte - 0x30)
                } else {
                    numbers.0 = numbers.0 * 10 + Int(byte - 0x30)
                }
                digitCount += 1
            case UInt8(ascii: ".") where !isMinor && digitCount > 0:
                isMinor = true
                digitCount = 0
            default: return nil
            }
        }
        guard digitCount > 0, numbers.0 > 0 else { return nil }
        self.init(major: numbers.0, minor: numbers.1)
    }

    package init?(_ text: String) {
        self.init(text.utf8Bytes)
    }

    /// The version of the schema in a file of this name: `v1.1.schema.json`; nil for other names.
    package init?(fileName: String) {
        guard fileName.hasPrefix("v"), fileName.hasSuffix(Self.fileSuffix) else { return nil }
        self.init(String(fileName.dropFirst().dropLast(Self.fileSuffix.utf8.count)))
    }

    /// Whether a file's name says a version whose numbers are too large: `v99999999.schema.json`.
    static func isTooLarge(inFileName name: String) -> Bool {
        guard name.hasPrefix("v"), name.hasSuffix(fileSuffix) else { return false }
        let numbers = name.dropFirst().dropLast(fileSuffix.utf8.count)
            .split(separator: ".", omittingEmptySubsequences: false).map(\.utf8)
        return numbers.count <= 2 && numbers.contains { $0.count > maximumDigitCount }
            && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } }
    }

    /// More than anyone counts, and little enough for any integer.
    private static let maximumDigitCount = 6
    private static let fileSuffix = ".schema.json"

    /// The name of the schema's file.
    package var fileName: String { "v\(self)\(Self.fileSuffix)" }

    package static func < (left: SchemaVersion, right: SchemaVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

extension SchemaVersion: CustomStringConvertible {
    /// As the column `schema_version` holds it: `1` or `1.1`.
    package var description: String { minor == 0 ? "\(major)" : "\(major).\(minor)" }
}
