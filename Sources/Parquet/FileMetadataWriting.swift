extension FileMetadata {
    /// The footer without its length and magic number.
    func encoded() -> [UInt8] {
        var thrift = ThriftWriter()
        thrift.beginStructureElement()
        thrift.field(1, int32: 2)
        thrift.beginList(2, of: .structure, count: schema.count)
        for element in schema { element.write(to: &thrift) }
        thrift.field(3, int64: rowCount)
        thrift.beginList(4, of: .structure, count: rowGroups.count)
        for (ordinal, group) in rowGroups.enumerated() { group.write(to: &thrift, ordinal: ordinal) }
        if !keyValues.isEmpty {
            thrift.beginList(5, of: .structure, count: keyValues.count)
            for pair in keyValues {
                thrift.beginStructureElement()
                thrift.field(1, string: pair.key)
                if let value = pair.value { thrift.field(2, string: value) }
                thrift.endStructure()
            }
        }
        if let createdBy { thrift.field(6, string: createdBy) }
        // Each leaf is compared as its type defines it.
        let leaves = schema.filter { $0.childCount == nil }.count
        thrift.beginList(7, of: .structure, count: leaves)
        for _ in 0..<leaves {
            thrift.beginStructureElement()
            thrift.emptyStructure(1)
            thrift.endStructure()
        }
        thrift.endStructure()
        return thrift.bytes
    }
}

extension SchemaElement {
    func write(to thrift: inout ThriftWriter) {
        thrift.beginStructureElement()
        if let physicalType { thrift.field(1, int32: physicalType) }
        if let typeByteCount { thrift.field(2, int32: typeByteCount) }
        if let repetition { thrift.field(3, int32: repetition) }
        thrift.field(4, string: name)
        if let childCount { thrift.field(5, int32: childCount) }
        if let convertedType { thrift.field(6, int32: convertedType) }
        if let scale { thrift.field(7, int32: scale) }
        if let precision { thrift.field(8, int32: precision) }
        if let logicalType { logicalType.write(to: &thrift) }
        thrift.endStructure()
    }
}

extension LogicalType {
    fileprivate func write(to thrift: inout ThriftWriter) {
        thrift.beginStructure(10)
        switch self {
        case .string: thrift.emptyStructure(1)
        case .map: thrift.emptyStructure(2)
        case .list: thrift.emptyStructure(3)
        case .enumeration: thrift.emptyStructure(4)
        case .decimal(let scale, let precision):
            thrift.beginStructure(5)
            thrift.field(1, int32: scale)
            thrift.field(2, int32: precision)
            thrift.endStructure()
        case .date: thrift.emptyStructure(6)
        case .timestamp(let isUTC, let unit):
            thrift.beginStructure(8)
            thrift.field(1, boolean: isUTC)
            thrift.beginStructure(2)
            thrift.emptyStructure(unit.rawValue)
            thrift.endStructure()
            thrift.endStructure()
        case .integer(let bitWidth, let isSigned):
            thrift.beginStructure(10)
            thrift.field(1, byte: Int8(truncatingIfNeeded: bitWidth))
            thrift.field(2, boolean: isSigned)
            thrift.endStructure()
        case .json: thrift.emptyStructure(12)
        case .bson: thrift.emptyStructure(13)
        case .uuid: thrift.emptyStructure(14)
        case .other(let id): thrift.emptyStructure(id)
        }
        thrift.endStructure()
    }
}

extension RowGroupMetadata {
    fileprivate func write(to thrift: inout ThriftWriter, ordinal: Int) {
        thrift.beginStructureElement()
        thrift.beginList(1, of: .structure, count: columns.count)
        for column in columns { column.write(to: &thrift) }
        thrift.field(2, int64: byteCount)
        thrift.field(3, int64: rowCount)
        if !sortingColumns.isEmpty {
            thrift.beginList(4, of: .structure, count: sortingColumns.count)
            for sorting in sortingColumns {
                thrift.beginStructureElement()
                thrift.field(1, int32: sorting.columnIndex)
                thrift.field(2, boolean: sorting.isDescending)
                thrift.field(3, boolean: sorting.nullsFirst)
                thrift.endStructure()
            }
        }
        if let fileOffset { thrift.field(5, int64: fileOffset) }
        if let compressedByteCount { thrift.field(6, int64: compressedByteCount) }
        // The ordinal has 16 bits; it matters only to encrypted files.
        if ordinal <= Int(Int16.max) { thrift.field(7, int16: ordinal) }
        thrift.endStructure()
    }
}

extension ColumnChunkMetadata {
    fileprivate func write(to thrift: inout ThriftWriter) {
        thrift.beginStructureElement()
        // Deprecated, and 0 says that the metadata stands only here.
        thrift.field(2, int64: 0)
        thrift.beginStructure(3)
        writeMetadata(to: &thrift)
        thrift.endStructure()
        if let offsetIndexOffset { thrift.field(4, int64: offsetIndexOffset) }
        if let offsetIndexByteCount { thrift.field(5, int32: offsetIndexByteCount) }
        if let columnIndexOffset { thrift.field(6, int64: columnIndexOffset) }
        if let columnIndexByteCount { thrift.field(7, int32: columnIndexByteCount) }
        thrift.endStructure()
    }

    private func writeMetadata(to thrift: inout ThriftWriter) {
        thrift.field(1, int32: physicalType)
        thrift.beginList(2, of: .int32, count: encodings.count)
        for encoding in encodings { thrift.element(integer: encoding) }
        thrift.beginList(3, of: .binary, count: path.count)
        for name in path { thrift.element(binary: Array(name.utf8)) }
        thrift.field(4, int32: codec)
        thrift.field(5, int64: valueCount)
        thrift.field(6, int64: uncompressedByteCount)
        thrift.field(7, int64: compressedByteCount)
        thrift.field(9, int64: dataPageOffset)
        if let dictionaryPageOffset { thrift.field(11, int64: dictionaryPageOffset) }
        if let statistics { statistics.write(to: &thrift) }
        if !pageEncodings.isEmpty {
            thrift.beginList(13, of: .structure, count: pageEncodings.count)
            for entry in pageEncodings {
                thrift.beginStructureElement()
                thrift.field(1, int32: entry.page)
                thrift.field(2, int32: entry.encoding)
                thrift.field(3, int32: entry.count)
                thrift.endStructure()
            }
        }
    }
}

extension EncodedStatistics {
    fileprivate func write(to thrift: inout ThriftWriter) {
        thrift.beginStructure(12)
        if let nullCount { thrift.field(3, int64: nullCount) }
        if let maximum { thrift.field(5, binary: maximum) }
        if let minimum { thrift.field(6, binary: minimum) }
        if let isMaximumExact { thrift.field(7, boolean: isMaximumExact) }
        if let isMinimumExact { thrift.field(8, boolean: isMinimumExact) }
        thrift.endStructure()
    }
}
