/// A JSON value of its own, apart from any parser: for configuration, schemas and logs, not for message after message.
public indirect enum JSONTree: Sendable, Equatable {
    /// A member of an object.
    public struct Member: Sendable, Equatable {
        /// The name.
        public let name: String
        /// The value.
        public let value: JSONTree

        /// A member.
        public init(name: String, value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// An integer that fits Int64.
    case integer(Int64)
    /// An integer from 2^63 to 2^64 - 1.
    case unsigned(UInt64)
    /// A number with fraction or exponent.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONTree])
    /// An object, its members in the order of the text.
    case object([Member])

    /// Copies the value at `index`.
    public init(_ document: JSONDocument, at index: Int) {
        switch document.kind(at: index) {
        case .null: self = .null
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .integer: self = .integer(document.int64(at: index))
        case .unsigned: self = .unsigned(document.uint64(at: index))
        case .double: self = .double(document.double(at: index))
        case .string: self = .string(document.string(at: index))
        case .array:
            var copies: [JSONTree] = []
            var elements = document.elements(of: index)
            while let element = elements.next() { copies.append(JSONTree(document, at: element)) }
            self = .array(copies)
        case .object:
            var copies: [Member] = []
            var members = document.members(of: index)
            while let member = members.next() {
                let name = document.string(at: member.name)
                copies.append(Member(name: name, value: JSONTree(document, at: member.value)))
            }
            self = .object(copies)
        }
    }

    /// Reads a JSON text in which no object has a name twice.
    ///
    /// - Throws: ``JSONParseError``.
    public init(parsing text: RawSpan, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        var parser = JSONParser(limits: limits, capacity: text.byteCount)
        let document = try parser.parse(text)
        if let name = document.firstDuplicateName(in: document.root) {
            let pointer = document.pointer(to: name)
            let place = JSONLocator(text, maximumDepth: limits.maximumDepth).place(of: pointer)
            throw JSONParseError(
                kind: .duplicateName, byteOffset: place?.byteOffset ?? 0, line: place?.line ?? 1,
                column: place?.column ?? 1, sentence: "the name of \(pointer) stands more than once in its object")
        }
        self.init(document, at: document.root)
    }

    /// Reads a JSON text.
    ///
    /// - Throws: ``JSONParseError``.
    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// Reads a JSON text.
    ///
    /// - Throws: ``JSONParseError``.
    public init(parsing text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        // Safe: every byte of the array is initialized.
        try self.init(parsing: unsafe text.span.bytes, limits: limits)
    }

    /// The value of the member called `name`; nil when there is none or this is no object.
    public subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The value to which `pointer` points from here.
    public func value(at pointer: JSONPointer) -> JSONTree? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object:
                guard let next = value[token] else { return nil }
                value = next
            case .array(let elements):
                guard let index = JSONPointer.arrayIndex(token), index < elements.count else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }

    /// The value as compact JSON.
    public var text: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    /// Writes the value.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .unsigned(let value): writer.integer(value)
        case .double(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.name(member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
