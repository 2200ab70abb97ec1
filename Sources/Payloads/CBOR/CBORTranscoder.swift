import JSONDocument
import Telemetry

/// Writes CBOR data items as JSON (RFC 8949, section 6.1), reading bytes that `CBORStructure` has gone over.
///
/// - Text keys are names; so are integers, in decimal. A map with the same name twice is refused.
/// - Byte strings are base64url text, or what the tags 21 to 23 around them ask for.
/// - Tag 0 is text, tag 1 becomes the same kind of text; tags 2 to 5 are numbers; tag 24 is the item within. Other
///   tags say what their content means and are left out.
/// - `undefined` is `null`. NaN, infinities, other simple values, and numbers that JSON's readers cannot give back are
///   refused.
struct CBORTranscoder {
    private let maximumDepth: Int
    /// Whether integer keys are SenML's labels, RFC 8428, section 6.
    private let hasSenMLLabels: Bool
    private var names = NameSet()
    private var text: [UInt8] = []

    init(maximumDepth: Int, hasSenMLLabels: Bool = false) {
        self.maximumDepth = maximumDepth
        self.hasSenMLLabels = hasSenMLLabels
    }

    /// Forgets what a refused record may have left.
    mutating func begin() {
        names.removeAll()
    }

    /// Writes the item at `offset`, which moves behind it; `depth` containers, tags among them, hold the item.
    mutating func write(
        _ bytes: RawSpan, at offset: inout Int, depth: Int = 0, encoding: BinaryText = .base64url,
        to writer: inout JSONWriter
    ) throws(CBORError) {
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        switch head.major {
        case 0: writer.integer(head.argument)
        case 1: try CBORNumber(isNegative: true, magnitude: head.argument, plusOne: true).write(to: &writer, at: start)
        case 2, 3: try writeString(bytes, head, at: &offset, encoding: encoding, to: &writer)
        case 4:
            writer.beginArray()
            var position = 0
            while try hasNext(bytes, head, position, at: &offset) {
                do throws(CBORError) {
                    try write(bytes, at: &offset, depth: depth + 1, encoding: encoding, to: &writer)
                } catch {
                    throw error.inside(String(position))
                }
                position += 1
            }
            writer.endArray()
        case 5: try writeMap(bytes, head, at: &offset, depth: depth, encoding: encoding, to: &writer)
        case 6: try writeTagged(bytes, head, at: &offset, depth: depth, encoding: encoding, start: start, to: &writer)
        default: try writeSimple(head, at: start, to: &writer)
        }
    }

    // MARK: Containers

    private mutating func writeMap(
        _ bytes: RawSpan, _ head: CBORHead, at offset: inout Int, depth: Int, encoding: BinaryText,
        to writer: inout JSONWriter
    ) throws(CBORError) {
        writer.beginObject()
        let level = names.enter()
        var position = 0
        while try hasNext(bytes, head, position, at: &offset) {
            let key = offset
            try writeName(bytes, at: &offset, to: &writer)
            do throws(CBORError) {
                try write(bytes, at: &offset, depth: depth + 1, encoding: encoding, to: &writer)
            } catch {
                throw error.inside(Self.keyText(bytes, at: key))
            }
            position += 1
        }
        if let duplicate = names.leave(level) {
            var error = CBORError(.duplicateKey, at: duplicate, "the map has this key more than once")
            error.path = [Self.keyText(bytes, at: duplicate)]
            throw error
        }
        writer.endObject()
    }

    /// Whether a container has another element; the break of one of indefinite length is passed over.
    @inline(__always)
    private func hasNext(
        _ bytes: RawSpan, _ head: CBORHead, _ position: Int, at offset: inout Int
    ) throws(CBORError) -> Bool {
        guard head.isIndefinite else { return UInt64(position) < head.argument }
        guard offset < bytes.byteCount else { throw CBORHead.truncated(bytes) }
        guard bytes.octet(at: offset) == 0xFF else { return true }
        offset += 1
        return false
    }

    private mutating func writeName(
        _ bytes: RawSpan, at offset: inout Int, to writer: inout JSONWriter
    ) throws(CBORError) {
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        switch head.major {
        case 3:
            if head.isIndefinite {
                try join(bytes, head, at: &offset)
                // Safe: every byte of the array is initialized.
                let fingerprint = Fingerprint(unsafe text.span.bytes)
                names.insert(fingerprint, place: start)
                // Safe: as above.
                writer.name(utf8: unsafe text.span.bytes)
            } else {
                let name = try definite(bytes, head, at: &offset)
                names.insert(Fingerprint(name), place: start)
                writer.name(utf8: name)
            }
        case 0, 1:
            guard let number = head.key else {
                throw CBORError(.numberOutOfRange, at: start, "an integer key is beyond 64 bits")
            }
            let name = (hasSenMLLabels ? SenMLLabel.name(of: number) : nil) ?? String(number)
            names.insert(Fingerprint(name.utf8Bytes), place: start)
            writer.name(name)
        default:
            throw CBORError(.type, at: start, "a map has a key that is neither text nor an integer")
        }
    }

    /// The key at `offset` for an error's pointer.
    private static func keyText(_ bytes: RawSpan, at offset: Int) -> String {
        var offset = offset
        guard let head = try? CBORHead(bytes, at: &offset) else { return "" }  // The key was read before.
        if let number = head.key { return String(number) }
        guard head.major == 3, !head.isIndefinite, let count = Int(exactly: head.argument),
            count <= bytes.byteCount - offset
        else { return "" }
        return String(decoding: bytes.extracting(offset..<(offset + count)))
    }

    // MARK: Strings

    private mutating func writeString(
        _ bytes: RawSpan, _ head: CBORHead, at offset: inout Int, encoding: BinaryText, to writer: inout JSONWriter
    ) throws(CBORError) {
        let isText = head.major == 3
        if head.isIndefinite {
            try join(bytes, head, at: &offset)
            // Safe: every byte of the array is initialized.
            let joined = unsafe text.span.bytes
            isText ? writer.string(joined) : encoding.write(joined, to: &writer)
        } else {
            let content = try definite(bytes, head, at: &offset)
            isText ? writer.string(content) : encoding.write(content, to: &writer)
        }
    }

    /// Joins the chunks of a string of indefinite length in `text`.
    private mutating func join(_ bytes: RawSpan, _ head: CBORHead, at offset: inout Int) throws(CBORError) {
        text.removeAll(keepingCapacity: true)
        while true {
            let chunk = try CBORHead(bytes, at: &offset)
            if chunk.isBreak { return }
            // RFC 8949, section 3.2.3: each chunk is a string by itself, so no character goes across.
            let part = try definite(bytes, chunk, at: &offset)
            // Safe: the closure only reads the bytes it is given.
            unsafe part.withUnsafeBytes { unsafe text.append(contentsOf: $0) }
        }
    }

    /// The content of a string, or chunk, of definite length; text is UTF-8.
    @_lifetime(copy bytes)
    private func definite(_ bytes: RawSpan, _ head: CBORHead, at offset: inout Int) throws(CBORError) -> RawSpan {
        guard !head.isIndefinite, head.argument <= UInt64(bytes.byteCount - offset) else {
            throw CBORHead.truncated(bytes)
        }
        let start = offset
        offset += Int(head.argument)
        let content = bytes.extracting(start..<offset)
        if head.major == 3, let place = UTF8Check.firstInvalidByte(of: content) {
            throw CBORError(.invalidUTF8, at: start + place, "the text is not UTF-8")
        }
        return content
    }

    // MARK: Tags and simple values

    private mutating func writeTagged(
        _ bytes: RawSpan, _ head: CBORHead, at offset: inout Int, depth: Int, encoding: BinaryText, start: Int,
        to writer: inout JSONWriter
    ) throws(CBORError) {
        var encoding = encoding
        switch head.argument {
        case 0:
            guard offset < bytes.byteCount, bytes.octet(at: offset) >> 5 == 3 else {
                throw CBORError(.type, at: offset, "tag 0 makes a time of text, and this is none")
            }
        case 1: return try CBORNumber.writeTime(bytes, at: &offset, to: &writer)
        case 2, 3, 4, 5:
            return try CBORNumber(tagged: head.argument, bytes, at: &offset).write(to: &writer, at: start)
        case 21: encoding = .base64url
        case 22: encoding = .base64
        case 23: encoding = .base16
        case 24: return try writeEmbedded(bytes, at: &offset, depth: depth, encoding: encoding, to: &writer)
        default: break
        }
        try write(bytes, at: &offset, depth: depth + 1, encoding: encoding, to: &writer)
    }

    /// Tag 24: a byte string that holds an item, whose structure nobody has gone over yet.
    private mutating func writeEmbedded(
        _ bytes: RawSpan, at offset: inout Int, depth: Int, encoding: BinaryText, to writer: inout JSONWriter
    ) throws(CBORError) {
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        guard head.major == 2, !head.isIndefinite else {
            throw CBORError(.type, at: start, "tag 24 embeds a byte string of definite length, and this is none")
        }
        let item = try definite(bytes, head, at: &offset)
        // Offsets in what is embedded are counted from the payload's start, which ends here for this item.
        let enclosing = bytes.extracting(0..<offset)
        var place = offset - item.byteCount
        var end = place
        try CBORStructure(maximumDepth: maximumDepth).skip(enclosing, at: &end, depth: depth + 1)
        guard end == offset else { throw CBORError(.notCBOR, at: end, "bytes follow the embedded item") }
        try write(enclosing, at: &place, depth: depth + 1, encoding: encoding, to: &writer)
    }

    private func writeSimple(_ head: CBORHead, at start: Int, to writer: inout JSONWriter) throws(CBORError) {
        switch head.information {
        case 20: writer.bool(false)
        case 21: writer.bool(true)
        case 22, 23: writer.null()
        case 25: try writeFloat(CBORNumber.half(UInt16(truncatingIfNeeded: head.argument)), at: start, to: &writer)
        case 26:
            let single = Float(bitPattern: UInt32(truncatingIfNeeded: head.argument))
            guard single.isFinite else { throw Self.notFinite(at: start) }
            writer.single(single)
        case 27: try writeFloat(Double(bitPattern: head.argument), at: start, to: &writer)
        default:
            throw CBORError(.type, at: start, "the simple value \(head.argument) has no counterpart in JSON")
        }
    }

    private func writeFloat(_ value: Double, at start: Int, to writer: inout JSONWriter) throws(CBORError) {
        guard value.isFinite else { throw Self.notFinite(at: start) }
        writer.double(value)
    }

    private static func notFinite(at start: Int) -> CBORError {
        CBORError(.numberOutOfRange, at: start, "NaN and infinity are no values of a reading")
    }
}

extension CBORHead {
    /// The integer that a key is, where it fits 64 bits.
    var key: Int64? {
        guard let magnitude = Int64(exactly: argument) else { return nil }
        return major == 0 ? magnitude : major == 1 ? -1 - magnitude : nil
    }
}

extension CBORError {
    /// The error, one level further out.
    fileprivate func inside(_ token: String) -> CBORError {
        var error = self
        error.path.append(token)
        return error
    }
}
