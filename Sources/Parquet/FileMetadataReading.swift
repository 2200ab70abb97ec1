extension FileMetadata {
    init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 2: for _ in 0..<(try thrift.structureList(type)) { schema.append(try SchemaElement(&thrift)) }
            case 3: rowCount = try thrift.count(type)
            case 4: for _ in 0..<(try thrift.structureList(type)) { rowGroups.append(try RowGroupMetadata(&thrift)) }
            case 5: for _ in 0..<(try thrift.structureList(type)) { keyValues.append(try KeyValue(&thrift)) }
            case 6: createdBy = try thrift.string(type)
            case 7:
                hasTypeDefinedOrder = true
                for _ in 0..<(try thrift.structureList(type)) {
                    if try !Self.isTypeDefinedOrder(&thrift) { hasTypeDefinedOrder = false }
                }
            default: try thrift.skip(type)
            }
        }
    }

    private static func isTypeDefinedOrder(_ thrift: inout ThriftReader) throws(ParquetReadError) -> Bool {
        var isTypeDefined = false
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            isTypeDefined = id == 1
            try thrift.skip(type)
        }
        return isTypeDefined
    }
}

extension KeyValue {
    fileprivate init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        key = ""
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1: key = try thrift.string(type)
            case 2: value = try thrift.string(type)
            default: try thrift.skip(type)
            }
        }
    }
}

extension SchemaElement {
    fileprivate init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1: physicalType = try thrift.integer(type)
            case 2: typeByteCount = try thrift.integer(type)
            case 3: repetition = try thrift.integer(type)
            case 4: name = try thrift.string(type)
            case 5: childCount = try thrift.integer(type)
            case 6: convertedType = try thrift.integer(type)
            case 7: scale = try thrift.integer(type)
            case 8: precision = try thrift.integer(type)
            case 10:
                try thrift.expectStructure(type)
                logicalType = try LogicalType(&thrift)
            default: try thrift.skip(type)
            }
        }
    }
}

extension LogicalType {
    fileprivate init?(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var found: LogicalType?
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            try thrift.expectStructure(type)
            switch id {
            case 5:
                let (scale, precision) = try Self.pair(&thrift)
                found = .decimal(scale: scale, precision: precision)
            case 8: found = try Self.timestamp(&thrift)
            case 10:
                let (bitWidth, isSigned) = try Self.pair(&thrift)
                found = .integer(bitWidth: bitWidth, isSigned: isSigned == 1)
            default:
                try thrift.skip(type)
                found = Self.simple[id] ?? .other(id)
            }
        }
        guard let found else { return nil }
        self = found
    }

    private static let simple: [Int: LogicalType] = [
        1: .string, 2: .map, 3: .list, 4: .enumeration, 6: .date, 12: .json, 13: .bson, 14: .uuid,
    ]

    /// A structure of two numbers; true counts as 1.
    private static func pair(_ thrift: inout ThriftReader) throws(ParquetReadError) -> (Int, Int) {
        var first = 0
        var second = 0
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            var value = 0
            switch type {
            case .booleanTrue: value = 1
            case .booleanFalse: value = 0
            default: value = try thrift.integer(type)
            }
            if id == 1 { first = value }
            if id == 2 { second = value }
        }
        return (first, second)
    }

    private static func timestamp(_ thrift: inout ThriftReader) throws(ParquetReadError) -> LogicalType {
        var isUTC = false
        var unit: TimeUnit?
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1: isUTC = try thrift.boolean(type)
            case 2:
                try thrift.expectStructure(type)
                var unitID = 0
                while let unitType = try thrift.nextField(after: &unitID) {
                    try thrift.skip(unitType)
                    unit = TimeUnit(rawValue: unitID)
                }
            default: try thrift.skip(type)
            }
        }
        return unit.map { .timestamp(isUTC: isUTC, unit: $0) } ?? .other(8)
    }
}

extension RowGroupMetadata {
    fileprivate init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1: for _ in 0..<(try thrift.structureList(type)) { columns.append(try ColumnChunkMetadata(&thrift)) }
            case 2: byteCount = try thrift.count(type)
            case 3: rowCount = try thrift.count(type)
            case 4:
                for _ in 0..<(try thrift.structureList(type)) {
                    sortingColumns.append(try ParquetSortingColumn(&thrift))
                }
            case 5: fileOffset = try thrift.integer(type)
            case 6: compressedByteCount = try thrift.count(type)
            default: try thrift.skip(type)
            }
        }
    }
}

extension ParquetSortingColumn {
    fileprivate init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        self.init(columnIndex: 0)
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1: columnIndex = try thrift.count(type)
            case 2: isDescending = try thrift.boolean(type)
            case 3: nullsFirst = try thrift.boolean(type)
            default: try thrift.skip(type)
            }
        }
    }
}

extension ColumnChunkMetadata {
    fileprivate init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1:
                try thrift.skip(type)
                isElsewhere = true
            case 3:
                try thrift.expectStructure(type)
                try readMetadata(&thrift)
            case 4: offsetIndexOffset = try thrift.count(type)
            case 5: offsetIndexByteCount = try thrift.count(type)
            case 6: columnIndexOffset = try thrift.count(type)
            case 7: columnIndexByteCount = try thrift.count(type)
            case 8, 9:
                try thrift.skip(type)
                isEncrypted = true
            default: try thrift.skip(type)
            }
        }
    }

    private mutating func readMetadata(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 1: physicalType = try thrift.integer(type)
            case 2:
                let (count, element) = try thrift.list(type)
                for _ in 0..<count { encodings.append(try thrift.integer(element)) }
            case 3:
                let (count, element) = try thrift.list(type)
                for _ in 0..<count { path.append(try thrift.string(element)) }
            case 4: codec = try thrift.integer(type)
            case 5: valueCount = try thrift.count(type)
            case 6: uncompressedByteCount = try thrift.count(type)
            case 7: compressedByteCount = try thrift.count(type)
            case 9: dataPageOffset = try thrift.count(type)
            case 11: dictionaryPageOffset = try thrift.count(type)
            case 12:
                try thrift.expectStructure(type)
                statistics = try EncodedStatistics(&thrift)
            default: try thrift.skip(type)
            }
        }
    }
}

extension EncodedStatistics {
    fileprivate init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            switch id {
            case 3: nullCount = try thrift.count(type)
            case 5: maximum = try thrift.binary(type)
            case 6: minimum = try thrift.binary(type)
            case 7: isMaximumExact = try thrift.boolean(type)
            case 8: isMinimumExact = try thrift.boolean(type)
            default: try thrift.skip(type)
            }
        }
    }
}

/// What stands in front of a page.
struct PageHeader {
    var type = -1
    var byteCount = 0
    var compressedByteCount = 0
    var checksum: UInt32?
    /// Rows of a data page, entries of a dictionary.
    var valueCount = 0
    var encoding = -1
    var levelEncoding = ValueEncoding.runLength.rawValue
    var definitionByteCount = 0
    var repetitionByteCount = 0
    var isCompressed = true

    init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var id = 0
        while let field = try thrift.nextField(after: &id) {
            switch id {
            case 1: type = try thrift.integer(field)
            case 2: byteCount = try thrift.count(field)
            case 3: compressedByteCount = try thrift.count(field)
            case 4: checksum = UInt32(truncatingIfNeeded: try thrift.integer(field))
            case 5, 7, 8:
                try thrift.expectStructure(field)
                try readDetails(&thrift, isVersion2: id == 8)
            default: try thrift.skip(field)
            }
        }
    }

    private mutating func readDetails(_ thrift: inout ThriftReader, isVersion2: Bool) throws(ParquetReadError) {
        var id = 0
        while let field = try thrift.nextField(after: &id) {
            switch (id, isVersion2) {
            case (1, _): valueCount = try thrift.count(field)
            case (2, false), (4, true): encoding = try thrift.integer(field)
            case (3, false):
                // The level encoding of a data page, or whether a dictionary is sorted.
                if field == .int32 { levelEncoding = try thrift.integer(field) } else { try thrift.skip(field) }
            case (5, true): definitionByteCount = try thrift.count(field)
            case (6, true): repetitionByteCount = try thrift.count(field)
            case (7, true): isCompressed = try thrift.boolean(field)
            default: try thrift.skip(field)
            }
        }
    }
}
