/// What a message carries beside its topic and payload.
///
/// A row of entries, each a kind (one byte), a length (two bytes, little endian) and as many bytes. Who reads them passes
/// over kinds that it does not know. The journal keeps them as they are.
package struct MessageAttributes: Equatable, Sendable {
    /// What an entry says, by its number on disk.
    package enum Kind: UInt8, Sendable {
        /// The schema version that the sender named: MQTT 5's user property `schema-version`, as UTF-8.
        case toldVersion = 1
        /// MQTT 5's content type, as UTF-8.
        case contentType = 2
        /// Lane replay: which message of which lane this was, and when that had arrived; see `MessageOrigin`.
        case origin = 3
        /// Lane replay: which readings of the message are meant; all of them where it is missing.
        case readings = 4
        /// Lane replay: the dead letters are given up, and the payload says why.
        case isDropped = 5
        /// Lane replay: the last of the readings that are meant stands for all behind it as well.
        case readingsBehind = 6
    }

    private static let headerByteCount = 3

    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { bytes.isEmpty }

    /// Adds an entry, which must leave the whole below 64 KiB.
    package mutating func append(_ kind: Kind, _ value: RawSpan) {
        require(
            bytes.count + Self.headerByteCount + value.byteCount <= Int(UInt16.max),
            "attributes have a length of 16 bits")
        bytes.append(kind.rawValue)
        bytes.append(UInt8(truncatingIfNeeded: value.byteCount))
        bytes.append(UInt8(truncatingIfNeeded: value.byteCount >> 8))
        // Safe: the span is read during the call only.
        unsafe value.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ kind: Kind, _ text: String) {
        append(kind, text.utf8Bytes)
    }

    /// Empties it and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// The bytes of the first entry of that kind; nil without one.
    package static func value(_ kind: Kind, in attributes: RawSpan) -> Range<Int>? {
        var position = 0
        while position + headerByteCount <= attributes.byteCount {
            // Safe: the header lies in the span; every bit pattern is an integer.
            let found = unsafe attributes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            let byteCount = unsafe Int(
                attributes.unsafeLoadUnaligned(fromByteOffset: position + 1, as: UInt16.self).littleEndian)
            position += headerByteCount
            guard position + byteCount <= attributes.byteCount else { return nil }
            if found == kind.rawValue { return position..<position + byteCount }
            position += byteCount
        }
        return nil
    }

    /// The text of the first entry of that kind; nil without one.
    package static func text(_ kind: Kind, in attributes: RawSpan) -> String? {
        value(kind, in: attributes).map { String(decoding: attributes.extracting($0)) }
    }
}
