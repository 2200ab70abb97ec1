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
    private static var pairwiseLimit: Int { 16 }

    private func firstDuplicateOwnName(of object: Int) -> Int? {
        let end = end(of: object) - 1
        guard count(of: object) <= Self.pairwiseLimit else { return firstDuplicateBySorting(object) }
        var first = object + 1
        while first < end {
            let next = index(after: first + 1)
            let name = stringBytes(at: first)
            var second = next
            while second < end {
                if stringBytes(at: second).hasSameBytes(as: name) { return second }
                second = index(after: second + 1)
            }
            first = next
        }
        return nil
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
