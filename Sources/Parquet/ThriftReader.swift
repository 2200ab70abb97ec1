/// Reads Thrift's compact protocol from bytes that may be anything.
///
/// Every length is checked against the bytes that are left before anything is allocated.
struct ThriftReader: ~Escapable {
    private let bytes: Span<UInt8>
    /// How many bytes were read.
    private(set) var offset = 0

    /// Deeper than any structure of Parquet.
    private static let maximumDepth = 24

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    private var remaining: Int { bytes.count - offset }

    /// The next field of the structure being read, or nil at its end.
    ///
    /// `lastID` is the field before, 0 at the start of a structure.
    mutating func nextField(after lastID: inout Int) throws(ParquetReadError) -> ThriftType? {
        let header = try byte()
        guard let type = ThriftType(rawValue: header & 0x0F) else { throw Self.malformed("field type") }
        if type == .stop { return nil }
        let step = Int(header >> 4)
        if step == 0 {
            let id = try integer()
            guard (0...Int(Int16.max)).contains(id) else { throw Self.malformed("field number") }
            lastID = id
        } else {
            lastID += step
            guard lastID <= Int(Int16.max) else { throw Self.malformed("field number") }
        }
        return type
    }

    mutating func byte() throws(ParquetReadError) -> UInt8 {
        guard offset < bytes.count else { throw Self.malformed("ends early") }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func variableLength() throws(ParquetReadError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw Self.malformed("number of more than 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    mutating func integer() throws(ParquetReadError) -> Int {
        let value = try variableLength()
        return Int(bitPattern: UInt(value >> 1)) ^ -Int(value & 1)
    }

    /// An integer of a field whose type was read; refuses other types.
    mutating func integer(_ type: ThriftType) throws(ParquetReadError) -> Int {
        switch type {
        case .byte: return Int(Int8(bitPattern: try byte()))
        case .int16, .int32, .int64: return try integer()
        default: throw Self.malformed("a number was expected")
        }
    }

    /// A count or an offset: an integer that is not negative.
    mutating func count(_ type: ThriftType) throws(ParquetReadError) -> Int {
        let value = try integer(type)
        guard value >= 0 else { throw Self.malformed("negative count") }
        return value
    }

    func boolean(_ type: ThriftType) throws(ParquetReadError) -> Bool {
        switch type {
        case .booleanTrue: return true
        case .booleanFalse: return false
        default: throw Self.malformed("true or false was expected")
        }
    }

    mutating func binary(_ type: ThriftType) throws(ParquetReadError) -> [UInt8] {
        guard type == .binary else { throw Self.malformed("bytes were expected") }
        let length = try variableLength()
        guard length <= UInt64(remaining) else { throw Self.malformed("bytes run past the end") }
        let end = offset + Int(length)
        var copy: [UInt8] = []
        copy.reserveCapacity(Int(length))
        for index in offset..<end { copy.append(bytes[index]) }
        offset = end
        return copy
    }

    mutating func string(_ type: ThriftType) throws(ParquetReadError) -> String {
        let bytes = try binary(type)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.malformed("text is not UTF-8") }
        return text
    }

    /// The head of a list: how many elements of which type follow.
    mutating func list(_ type: ThriftType) throws(ParquetReadError) -> (count: Int, element: ThriftType) {
        guard type == .list || type == .set else { throw Self.malformed("a list was expected") }
        let header = try byte()
        guard let element = ThriftType(rawValue: header & 0x0F), element != .stop else {
            throw Self.malformed("element type")
        }
        var count = UInt64(header >> 4)
        if count == 15 { count = try variableLength() }
        // Each element has at least one byte.
        guard count <= UInt64(remaining) else { throw Self.malformed("a list runs past the end") }
        return (Int(count), element)
    }

    /// A list of structures: the caller reads `count` of them.
    mutating func structureList(_ type: ThriftType) throws(ParquetReadError) -> Int {
        let (count, element) = try list(type)
        guard element == .structure || count == 0 else { throw Self.malformed("a list of structures was expected") }
        return count
    }

    func expectStructure(_ type: ThriftType) throws(ParquetReadError) {
        guard type == .structure else { throw Self.malformed("a structure was expected") }
    }

    /// Passes over a value of `type`.
    mutating func skip(_ type: ThriftType, depth: Int = 0) throws(ParquetReadError) {
        guard depth < Self.maximumDepth else { throw Self.malformed("nested too deeply") }
        switch type {
        case .stop: throw Self.malformed("field type")
        case .booleanTrue, .booleanFalse: break
        case .byte: _ = try byte()
        case .int16, .int32, .int64: _ = try variableLength()
        case .double: try advance(by: 8)
        case .binary: try advance(by: variableLength())
        case .list, .set:
            let (count, element) = try list(type)
            for _ in 0..<count { try skipElement(element, depth: depth + 1) }
        case .map:
            let count = try variableLength()
            if count == 0 { return }
            let types = try byte()
            guard count <= UInt64(remaining), let key = ThriftType(rawValue: types >> 4),
                let value = ThriftType(rawValue: types & 0x0F)
            else { throw Self.malformed("map") }
            for _ in 0..<count {
                try skipElement(key, depth: depth + 1)
                try skipElement(value, depth: depth + 1)
            }
        case .structure:
            var id = 0
            while let field = try nextField(after: &id) { try skip(field, depth: depth + 1) }
        }
    }

    /// Unlike a field, an element that is true or false has a byte of its own.
    private mutating func skipElement(_ type: ThriftType, depth: Int) throws(ParquetReadError) {
        if type == .booleanTrue || type == .booleanFalse { _ = try byte() } else { try skip(type, depth: depth) }
    }

    private mutating func advance(by count: UInt64) throws(ParquetReadError) {
        guard count <= UInt64(remaining) else { throw Self.malformed("bytes run past the end") }
        offset += Int(count)
    }

    static func malformed(_ what: String) -> ParquetReadError {
        .malformed("Thrift metadata: \(what)")
    }
}
