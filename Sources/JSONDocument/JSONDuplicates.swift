extension JSONDocument {
    /// The name index of the first member, anywhere in the value at `index`, whose name its object has before.
    ///
    /// JSON allows equal names but leaves open which one counts, so a careful reader refuses them. The cost is that of
    /// comparing short names; large objects are sorted.
    public func firstDuplicateName(in index: Int) -> Int? {
        switch tag(at: index) {
        case JSONKind.object.rawValue:
            if let duplicate = firstDuplicateOwnName(of: index) { return duplicate }
            var members = members(of: index)
            while let member = members.next() {
                if isContainer(member.value), let duplicate = firstDuplicateName(in: member.value) { return duplicate }
            }
        case JSONKind.array.rawValue:
            var elements = elements(of: index)
            while let element = elements.next() {
                if isContainer(element), let duplicate = firstDuplicateName(in: element) { return duplicate }
            }
        default: break
        }
        return nil
    }

    private func isContainer(_ index: Int) -> Bool {
        let tag = tag(at: index)
        return tag == JSONKind.object.rawValue || tag == JSONKind.array.rawValue
    }

    /// Objects up to this size are compared pair by pair, which is faster than to sort.
    private static var pairwiseLimit: Int { 64 }

    private func firstDuplicateOwnName(of object: Int) -> Int? {
        let count = count(of: object)
        guard count > 1 else { return nil }
        guard count <= Self.pairwiseLimit else { return firstDuplicateBySorting(object) }
        // Digests are compared first; equal ones need not be equal names.
        var digests = InlineArray<64, UInt64>(repeating: 0)
        var position = 0
        var members = members(of: object)
        while let member = members.next() {
            let digest = digest(ofName: member.name)
            for earlier in 0..<position where digests[earlier] == digest {
                if isName(member.name, amongFirst: position, of: object) { return member.name }
                break
            }
            digests[position] = digest
            position += 1
        }
        return nil
    }

    private func isName(_ name: Int, amongFirst count: Int, of object: Int) -> Bool {
        let bytes = stringBytes(at: name)
        var members = members(of: object)
        for _ in 0..<count {
            guard let member = members.next() else { return false }
            if stringBytes(at: member.name).hasSameBytes(as: bytes) { return true }
        }
        return false
    }

    /// A number that equal names share and others rarely: made of three of their words and the length.
    @inline(__always)
    private func digest(ofName name: Int) -> UInt64 {
        let offset = stringOffset(at: name)
        let byteCount = stringByteCount(at: offset)
        // Safe: 8 readable bytes follow every string, and any eight bytes are a UInt64; the bounds are checked.
        let first = unsafe strings.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        guard byteCount > 8 else {
            return (first & RawSpan.firstWordMask(byteCount)) ^ UInt64(truncatingIfNeeded: byteCount) << 56
        }
        // Safe: as above.
        let last = unsafe strings.unsafeLoadUnaligned(fromByteOffset: offset + byteCount - 8, as: UInt64.self)
        // Safe: as above.
        let middle = unsafe strings.unsafeLoadUnaligned(fromByteOffset: offset + byteCount / 2 - 4, as: UInt64.self)
        return first ^ (last &* 0x9E37_79B9_7F4A_7C15) ^ (middle &* 0xBF58_476D_1CE4_E5B9)
            ^ UInt64(truncatingIfNeeded: byteCount)
    }

    private func firstDuplicateBySorting(_ object: Int) -> Int? {
        var names: [Int] = []
        var members = members(of: object)
        while let member = members.next() { names.append(member.name) }
        let sorted = sortedByName(names)
        var first: Int?
        for position in sorted.indices.dropFirst() {
            let name = sorted[position]
            guard stringBytes(at: sorted[position - 1]).hasSameBytes(as: stringBytes(at: name)) else { continue }
            first = min(first ?? name, name)
        }
        return first
    }

    /// Merge sort by length, bytes and place. (A closure for the standard sort cannot capture this view.)
    private func sortedByName(_ names: [Int]) -> [Int] {
        guard names.count > 1 else { return names }
        let left = sortedByName(Array(names[..<(names.count / 2)]))
        let right = sortedByName(Array(names[(names.count / 2)...]))
        var merged: [Int] = []
        merged.reserveCapacity(names.count)
        var leftPosition = 0
        var rightPosition = 0
        while leftPosition < left.count, rightPosition < right.count {
            if isOrdered(right[rightPosition], before: left[leftPosition]) {
                merged.append(right[rightPosition])
                rightPosition += 1
            } else {
                merged.append(left[leftPosition])
                leftPosition += 1
            }
        }
        merged.append(contentsOf: left[leftPosition...])
        merged.append(contentsOf: right[rightPosition...])
        return merged
    }

    private func isOrdered(_ name: Int, before other: Int) -> Bool {
        let bytes = stringBytes(at: name)
        let others = stringBytes(at: other)
        guard bytes.byteCount == others.byteCount else { return bytes.byteCount < others.byteCount }
        for offset in 0..<bytes.byteCount where bytes.byte(at: offset) != others.byte(at: offset) {
            return bytes.byte(at: offset) < others.byte(at: offset)
        }
        return name < other
    }
}
