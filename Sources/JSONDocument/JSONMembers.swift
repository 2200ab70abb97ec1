/// A name and its value in an object, as indices.
@frozen
public struct JSONMember: Sendable, Equatable {
    /// The index of the name, a string.
    public let name: Int
    /// The index of the value.
    public let value: Int

    @inlinable
    init(name: Int, value: Int) {
        self.name = name
        self.value = value
    }
}

/// Goes through the members of an object in the order of the text.
public struct JSONMembers: ~Escapable {
    @usableFromInline let document: JSONDocument
    @usableFromInline let end: Int
    @usableFromInline var position: Int

    @inlinable
    @_lifetime(copy document)
    init(document: JSONDocument, object: Int) {
        self.document = document
        position = object + 1
        end = document.end(of: object) - 1
    }

    /// The next member, or nil at the end.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func next() -> JSONMember? {
        guard position < end else { return nil }
        let member = JSONMember(name: position, value: position + 1)
        position = document.index(after: member.value)
        return member
    }
}

/// Goes through the elements of an array.
public struct JSONElements: ~Escapable {
    @usableFromInline let document: JSONDocument
    @usableFromInline let end: Int
    @usableFromInline var position: Int

    @inlinable
    @_lifetime(copy document)
    init(document: JSONDocument, array: Int) {
        self.document = document
        position = array + 1
        end = document.end(of: array) - 1
    }

    /// The index of the next element, or nil at the end.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func next() -> Int? {
        guard position < end else { return nil }
        let element = position
        position = document.index(after: element)
        return element
    }
}

extension JSONDocument {
    /// The members of the object at `index`; none when the value is no object.
    @inlinable
    @_lifetime(copy self)
    public func members(of index: Int) -> JSONMembers {
        guard tag(at: index) == JSONKind.object.rawValue else { return JSONMembers(document: self, emptyAt: index) }
        return JSONMembers(document: self, object: index)
    }

    /// The elements of the array at `index`; none when the value is no array.
    @inlinable
    @_lifetime(copy self)
    public func elements(of index: Int) -> JSONElements {
        guard tag(at: index) == JSONKind.array.rawValue else { return JSONElements(document: self, emptyAt: index) }
        return JSONElements(document: self, array: index)
    }

    /// The value of the first member called `name` of the object at `index`.
    public func member(_ name: String, of index: Int) -> Int? {
        var name = name
        return name.withUTF8 { utf8 in
            // Safe: the span does not leave the closure.
            let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8))
            return member(named: bytes, of: index)
        }
    }

    /// The value of the first member whose name has these UTF-8 bytes, of the object at `index`.
    public func member(named name: RawSpan, of index: Int) -> Int? {
        let byteCount = name.byteCount
        let start = name.firstWord
        let mask = RawSpan.firstWordMask(byteCount)
        var members = members(of: index)
        while let member = members.next() {
            let offset = stringOffset(at: member.name)
            guard stringByteCount(at: offset) == byteCount else { continue }
            // Safe: 8 readable bytes follow every string, and any eight bytes are a UInt64; the bounds are checked.
            let word = unsafe strings.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard word & mask == start else { continue }
            if byteCount <= 8 || stringBytes(at: member.name).hasSameBytes(as: name) { return member.value }
        }
        return nil
    }

    /// The element at a position of the array at `index`.
    public func element(_ position: Int, of index: Int) -> Int? {
        var elements = elements(of: index)
        var remaining = position
        while let element = elements.next() {
            if remaining == 0 { return element }
            remaining -= 1
        }
        return nil
    }

    /// The value to which `pointer` points from the root; of equal names the first counts.
    public func value(at pointer: JSONPointer) -> Int? {
        var index = root
        for token in pointer.tokens {
            switch kind(at: index) {
            case .object:
                guard let value = member(token, of: index) else { return nil }
                index = value
            case .array:
                guard let position = JSONPointer.arrayIndex(token), let value = element(position, of: index) else {
                    return nil
                }
                index = value
            default: return nil
            }
        }
        return index
    }

    /// The pointer from the root to the value at `index`, for messages.
    public func pointer(to index: Int) -> JSONPointer {
        pointer(to: index, from: root)
    }

    /// The pointer from the value at `start` to the value at `index` inside it, for messages.
    public func pointer(to index: Int, from start: Int) -> JSONPointer {
        var pointer = JSONPointer()
        var container = start
        while container != index {
            var found = false
            if kind(at: container) == .object {
                var members = members(of: container)
                while let member = members.next(), !found {
                    guard index < self.index(after: member.value) else { continue }
                    pointer.append(string(at: member.name))
                    // The index of a name stands for its member.
                    if index == member.name { return pointer }
                    container = member.value
                    found = true
                }
            } else {
                var elements = elements(of: container)
                var position = 0
                while let element = elements.next(), !found {
                    if index < self.index(after: element) {
                        pointer.append(String(position))
                        container = element
                        found = true
                    }
                    position += 1
                }
            }
            guard found else { return pointer }
        }
        return pointer
    }
}

extension JSONMembers {
    @usableFromInline
    @_lifetime(copy document)
    init(document: JSONDocument, emptyAt index: Int) {
        self.document = document
        position = index
        end = index
    }
}

extension JSONElements {
    @usableFromInline
    @_lifetime(copy document)
    init(document: JSONDocument, emptyAt index: Int) {
        self.document = document
        position = index
        end = index
    }
}

extension RawSpan {
    /// Whether both spans hold the same bytes.
    package func hasSameBytes(as other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        var offset = 0
        while offset + 8 <= byteCount {
            // Safe: any eight bytes are a UInt64; the bounds are checked.
            let ours = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // Safe: as above.
            let theirs = unsafe other.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard ours == theirs else { return false }
            offset += 8
        }
        while offset < byteCount {
            guard byte(at: offset) == other.byte(at: offset) else { return false }
            offset += 1
        }
        return true
    }

    /// The first eight bytes, or fewer with zeros behind them, as a number whose lowest byte is the first.
    var firstWord: UInt64 {
        guard byteCount < 8 else {
            // Safe: there are eight bytes, and any eight are a UInt64.
            return unsafe unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self)
        }
        var word: UInt64 = 0
        for offset in 0..<byteCount { word |= UInt64(byte(at: offset)) << UInt64(8 * offset) }
        return word
    }

    /// The bits of a first word that belong to a text of `byteCount` bytes.
    static func firstWordMask(_ byteCount: Int) -> UInt64 {
        byteCount >= 8 ? .max : (1 << UInt64(8 * byteCount)) - 1
    }

    @inlinable
    func byte(at offset: Int) -> UInt8 {
        // Safe: any byte is a UInt8; the bounds are checked.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
