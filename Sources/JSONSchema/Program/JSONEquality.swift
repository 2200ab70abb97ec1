import JSONDocument

extension JSONDocument {
    /// Whether the value at `index` equals `tree` as JSON Schema compares: numbers by value, objects without order.
    func equals(_ tree: JSONTree, at index: Int) -> Bool {
        switch (tree, kind(at: index)) {
        case (.null, .null), (.bool(true), .true), (.bool(false), .false): return true
        case (.string(let string), .string): return hasString(string, at: index)
        case (.array(let expected), .array):
            guard expected.count == count(of: index) else { return false }
            var elements = elements(of: index)
            for value in expected {
                guard let element = elements.next(), equals(value, at: element) else { return false }
            }
            return true
        case (.object(let expected), .object):
            guard expected.count == count(of: index) else { return false }
            for wanted in expected {
                guard let value = member(wanted.name, of: index), equals(wanted.value, at: value) else { return false }
            }
            return true
        default:
            guard let expected = JSONNumber(tree), let number = JSONNumber(self, at: index) else { return false }
            return number == expected
        }
    }

    /// Whether two values of this document are equal.
    func equals(_ index: Int, _ other: Int) -> Bool {
        let kind = kind(at: index)
        switch (kind, self.kind(at: other)) {
        case (.null, .null), (.true, .true), (.false, .false): return true
        case (.string, .string): return stringBytes(at: index).hasSameBytes(as: stringBytes(at: other))
        case (.array, .array):
            guard count(of: index) == count(of: other) else { return false }
            var elements = elements(of: index)
            var others = self.elements(of: other)
            while let element = elements.next(), let counterpart = others.next() {
                guard equals(element, counterpart) else { return false }
            }
            return true
        case (.object, .object):
            guard count(of: index) == count(of: other) else { return false }
            var members = members(of: index)
            while let member = members.next() {
                guard let counterpart = self.member(named: stringBytes(at: member.name), of: other),
                    equals(member.value, counterpart)
                else { return false }
            }
            return true
        default:
            guard let number = JSONNumber(self, at: index), let counterpart = JSONNumber(self, at: other) else {
                return false
            }
            return number == counterpart
        }
    }

    /// The first element of an array that equals one before it; hashes keep long arrays fast.
    func firstRepeatedElement(of array: Int) -> Int? {
        var byHash: [Int: [Int]] = [:]
        var elements = elements(of: array)
        while let element = elements.next() {
            var hasher = Hasher()
            hash(element, into: &hasher)
            let hash = hasher.finalize()
            for other in byHash[hash] ?? [] where equals(element, other) { return element }
            byHash[hash, default: []].append(element)
        }
        return nil
    }

    private func hasString(_ string: String, at index: Int) -> Bool {
        var string = string
        return string.withUTF8 { utf8 in
            // Safe: the span does not leave the closure.
            stringBytes(at: index).hasSameBytes(as: unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8)))
        }
    }

    /// Equal values hash equally.
    private func hash(_ index: Int, into hasher: inout Hasher) {
        switch kind(at: index) {
        case .object:
            // Members have no order, so their hashes are added up.
            var sum = 0
            var members = members(of: index)
            while let member = members.next() {
                var memberHasher = Hasher()
                hash(member.name, into: &memberHasher)
                hash(member.value, into: &memberHasher)
                sum &+= memberHasher.finalize()
            }
            hasher.combine(sum)
        case .array:
            hasher.combine(count(of: index))
            var elements = elements(of: index)
            while let element = elements.next() { hash(element, into: &hasher) }
        case .string:
            let bytes = stringBytes(at: index)
            // Safe: the closure only reads the bytes it is given.
            unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        case .integer, .unsigned, .double: hasher.combine(number(at: index) ?? 0)
        case .true: hasher.combine(1)
        case .false: hasher.combine(2)
        case .null: hasher.combine(3)
        }
    }
}
