import Telemetry

/// Checks that bytes are well-formed CBOR (RFC 8949, appendix C) and no deeper than allowed, before any of it is
/// taken; so nothing of a payload that is cut off is stored, and what follows can rely on lengths.
struct CBORStructure {
    private let maximumDepth: Int

    init(maximumDepth: Int) {
        self.maximumDepth = maximumDepth
    }

    /// Goes over the item at `offset`, which moves behind it; `depth` containers, tags among them, hold the item.
    func skip(_ bytes: RawSpan, at offset: inout Int, depth: Int) throws(CBORError) {
        let start = offset
        let head = try CBORHead(bytes, at: &offset)
        switch head.major {
        case 0, 1: break
        case 2, 3: try skipString(bytes, head, at: &offset)
        case 4, 5:
            guard depth < maximumDepth else { throw tooDeep(at: start) }
            try skipItems(bytes, head, at: &offset, depth: depth + 1)
        case 6:
            guard depth < maximumDepth else { throw tooDeep(at: start) }
            try skip(bytes, at: &offset, depth: depth + 1)
        default:
            if head.isBreak { throw CBORError(.notCBOR, at: start, "a break stands where an item is expected") }
        }
    }

    private func skipString(_ bytes: RawSpan, _ head: CBORHead, at offset: inout Int) throws(CBORError) {
        guard head.isIndefinite else { return try skipBytes(bytes, head, at: &offset) }
        while true {
            let start = offset
            let chunk = try CBORHead(bytes, at: &offset)
            if chunk.isBreak { return }
            guard chunk.major == head.major, !chunk.isIndefinite else {
                throw CBORError(.notCBOR, at: start, "a string of indefinite length has a chunk of another kind")
            }
            try skipBytes(bytes, chunk, at: &offset)
        }
    }

    @inline(__always)
    private func skipBytes(_ bytes: RawSpan, _ head: CBORHead, at offset: inout Int) throws(CBORError) {
        guard head.argument <= UInt64(bytes.byteCount - offset) else {
            throw CBORError(
                .truncated, at: bytes.byteCount,
                "a string of \(head.argument) bytes begins where \(bytes.byteCount - offset) are left")
        }
        offset &+= Int(head.argument)
    }

    private func skipItems(
        _ bytes: RawSpan, _ head: CBORHead, at offset: inout Int, depth: Int
    ) throws(CBORError) {
        let isMap = head.major == 5
        if head.isIndefinite {
            while true {
                guard offset < bytes.byteCount else { throw CBORHead.truncated(bytes) }
                if bytes.octet(at: offset) == 0xFF {
                    offset += 1
                    return
                }
                try skip(bytes, at: &offset, depth: depth)
                if isMap { try skip(bytes, at: &offset, depth: depth) }
            }
        }
        // An item has at least one byte, so no count makes this loop longer than the payload.
        let itemByteCount: UInt64 = isMap ? 2 : 1
        guard head.argument <= UInt64(bytes.byteCount - offset) / itemByteCount else {
            throw CBORError(
                .truncated, at: bytes.byteCount,
                "\(head.argument) \(isMap ? "pairs" : "items") are announced where \(bytes.byteCount - offset)"
                    + " bytes are left")
        }
        for _ in 0..<(Int(head.argument) * Int(itemByteCount)) {
            try skip(bytes, at: &offset, depth: depth)
        }
    }

    private func tooDeep(at offset: Int) -> CBORError {
        CBORError(.tooDeep, at: offset, "the payload is nested deeper than \(maximumDepth) levels")
    }
}
