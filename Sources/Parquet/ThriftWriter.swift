/// The type numbers of Thrift's compact protocol.
enum ThriftType: UInt8 {
    case stop = 0
    case booleanTrue = 1
    case booleanFalse = 2
    case byte = 3
    case int16 = 4
    case int32 = 5
    case int64 = 6
    case double = 7
    case binary = 8
    case list = 9
    case set = 10
    case map = 11
    case structure = 12
}

/// Writes the parts of Thrift's compact protocol that Parquet uses.
struct ThriftWriter {
    private(set) var bytes: [UInt8] = []
    private var lastFieldID = 0
    private var outerFieldIDs: [Int] = []

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lastFieldID = 0
        outerFieldIDs.removeAll(keepingCapacity: true)
    }

    // MARK: Fields of the structure being written

    mutating func field(_ id: Int, int16 value: Int) {
        header(id, .int16)
        element(integer: value)
    }

    mutating func field(_ id: Int, int32 value: Int) {
        header(id, .int32)
        element(integer: value)
    }

    mutating func field(_ id: Int, int64 value: Int) {
        header(id, .int64)
        element(integer: value)
    }

    /// A CRC is unsigned, and Thrift knows only signed numbers: the bits stay.
    mutating func field(_ id: Int, bits value: UInt32) {
        header(id, .int32)
        element(integer: Int(Int32(bitPattern: value)))
    }

    mutating func field(_ id: Int, byte value: Int8) {
        header(id, .byte)
        bytes.append(UInt8(bitPattern: value))
    }

    mutating func field(_ id: Int, boolean value: Bool) {
        header(id, value ? .booleanTrue : .booleanFalse)
    }

    mutating func field(_ id: Int, binary value: [UInt8]) {
        header(id, .binary)
        element(binary: value)
    }

    mutating func field(_ id: Int, string value: String) {
        field(id, binary: Array(value.utf8))
    }

    mutating func beginStructure(_ id: Int) {
        header(id, .structure)
        beginStructureElement()
    }

    mutating func emptyStructure(_ id: Int) {
        beginStructure(id)
        endStructure()
    }

    mutating func beginList(_ id: Int, of type: ThriftType, count: Int) {
        header(id, .list)
        if count < 15 {
            bytes.append(UInt8(count) << 4 | type.rawValue)
        } else {
            bytes.append(0xF0 | type.rawValue)
            variableLength(UInt64(count))
        }
    }

    // MARK: Elements of the list being written

    mutating func element(integer value: Int) {
        variableLength(UInt64(bitPattern: Int64((value << 1) ^ (value >> 63))))
    }

    mutating func element(boolean value: Bool) {
        bytes.append(value ? ThriftType.booleanTrue.rawValue : ThriftType.booleanFalse.rawValue)
    }

    mutating func element(binary value: [UInt8]) {
        variableLength(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func beginStructureElement() {
        outerFieldIDs.append(lastFieldID)
        lastFieldID = 0
    }

    /// Ends the innermost structure, and the outermost one too.
    mutating func endStructure() {
        bytes.append(ThriftType.stop.rawValue)
        lastFieldID = outerFieldIDs.popLast() ?? 0
    }

    private mutating func header(_ id: Int, _ type: ThriftType) {
        let step = id - lastFieldID
        if (1...15).contains(step) {
            bytes.append(UInt8(step) << 4 | type.rawValue)
        } else {
            bytes.append(type.rawValue)
            element(integer: id)
        }
        lastFieldID = id
    }

    private mutating func variableLength(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
