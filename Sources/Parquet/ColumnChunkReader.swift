/// Decodes the pages of one column chunk.
struct ColumnChunkReader: ~Copyable {
    private let layout: ColumnLayout
    private let chunk: ColumnChunkMetadata
    private let rowCount: Int
    private let limits: ParquetReader.Limits
    private var decompressor: ZstdDecompressor

    private var data: ParquetColumnData
    /// How many rows the entries so far belong to.
    private var readRowCount = 0
    /// Words of the dictionary, or how many entries of `data` are its.
    private var dictionary: [Int64] = []
    private var hasDictionary = false
    private var uncompressed: [UInt8] = []
    private var numbers: [UInt32] = []
    private var values: [Int64] = []

    private var name: String { layout.column.name }

    init(
        layout: ColumnLayout, chunk: ColumnChunkMetadata, rowCount: Int, limits: ParquetReader.Limits
    ) throws(ParquetReadError) {
        let decompressor = try ZstdDecompressor()
        self.layout = layout
        self.chunk = chunk
        self.rowCount = rowCount
        self.limits = limits
        self.decompressor = decompressor
        data = ParquetColumnData(type: layout.column.type)
    }

    /// Reads all pages; `file` ends where the footer begins.
    mutating func read(_ file: Span<UInt8>) throws(ParquetReadError) -> ParquetColumnData {
        try readPages(file) { _ in }
        return data
    }

    /// Gives `body` each page of a flat column with the number of its first row, and forgets it.
    mutating func forEachPage(
        _ file: Span<UInt8>, _ body: (_ firstRow: Int, _ cells: ParquetColumnData) -> Void
    ) throws(ParquetReadError) {
        guard !layout.column.isNested else { throw .unsupported(column: name, feature: "nesting, page by page") }
        try readPages(file) { reader in
            guard !reader.data.words.isEmpty else { return }
            body(reader.readRowCount - reader.data.rowCount, reader.data)
            reader.forgetPage()
        }
    }

    /// Keeps of `data` only the dictionary.
    private mutating func forgetPage() {
        data.words.removeAll(keepingCapacity: true)
        data.defined.removeAll(keepingCapacity: true)
        guard data.type.isByteArray else { return }
        data.offsets.removeLast(data.offsets.count - 1 - dictionary.count)
        data.bytes.removeLast(data.bytes.count - Int(data.offsets[dictionary.count]))
    }

    private mutating func readPages(
        _ file: Span<UInt8>, _ didReadPage: (inout ColumnChunkReader) -> Void
    ) throws(ParquetReadError) {
        if chunk.isEncrypted { throw .unsupported(column: name, feature: "encryption") }
        if chunk.isElsewhere { throw .unsupported(column: name, feature: "pages in another file") }
        guard chunk.codec == CompressionCodec.zstd || chunk.codec == CompressionCodec.uncompressed else {
            let known = CompressionCodec.names.indices.contains(chunk.codec)
            let codec = known ? CompressionCodec.names[chunk.codec] : "codec \(chunk.codec)"
            throw .unsupported(column: name, feature: "\(codec) compression")
        }
        var offset = min(chunk.dictionaryPageOffset ?? chunk.dataPageOffset, chunk.dataPageOffset)
        // Some writers give 0 for "no dictionary".
        if offset == 0 { offset = chunk.dataPageOffset }
        guard offset <= file.count, chunk.compressedByteCount <= file.count - offset else {
            throw malformed("its pages run past the end")
        }
        let end = offset + chunk.compressedByteCount
        while hasMore, offset < end {
            var thrift = ThriftReader(file.extracting(offset..<end))
            let header = try PageHeader(&thrift)
            let start = offset + thrift.offset
            guard header.compressedByteCount <= end - start else { throw malformed("a page runs past the end") }
            let page = file.extracting(start..<(start + header.compressedByteCount))
            try checkSum(page, header, at: offset)
            try decodePage(page, header)
            didReadPage(&self)
            offset = start + header.compressedByteCount
        }
        guard readRowCount == rowCount else {
            throw malformed("its pages have \(readRowCount) rows instead of \(rowCount)")
        }
    }

    /// The last row of a repeated column may go on in the next page.
    private var hasMore: Bool {
        readRowCount < rowCount || (layout.column.maximumRepetitionLevel > 0 && data.rowCount < chunk.valueCount)
    }

    private func checkSum(_ page: Span<UInt8>, _ header: PageHeader, at offset: Int) throws(ParquetReadError) {
        guard limits.verifiesChecksums, let expected = header.checksum else { return }
        var checksum = CRC32()
        checksum.update(page)
        guard checksum.value == expected else { throw .checksumMismatch(column: name, byteOffset: offset) }
    }

    private mutating func decodePage(_ page: Span<UInt8>, _ header: PageHeader) throws(ParquetReadError) {
        guard header.byteCount <= limits.pageByteCount else {
            throw .limitExceeded("a page of column \"\(name)\" has \(header.byteCount) bytes")
        }
        switch header.type {
        case PageType.dictionary:
            guard !hasDictionary, readRowCount == 0 else { throw malformed("a second dictionary") }
            try withPlainBytes(page, header, isCompressed: true) { reader, bytes throws(ParquetReadError) in
                try reader.decodeDictionary(bytes, header)
            }
        case PageType.data, PageType.dataV2:
            let isFlat = layout.column.maximumRepetitionLevel == 0
            let room = isFlat ? rowCount - readRowCount : limits.rowGroupRowCount - data.rowCount
            guard header.valueCount <= room else {
                throw isFlat ? malformed("too many rows") : .limitExceeded("the entries of column \"\(name)\"")
            }
            if header.type == PageType.data {
                try withPlainBytes(page, header, isCompressed: true) { reader, bytes throws(ParquetReadError) in
                    try reader.decodeVersion1(bytes, header)
                }
            } else {
                try decodeVersion2(page, header)
            }
        default:
            // An index page, or a kind yet to come: the format lets readers pass over them.
            break
        }
    }

    /// Calls `body` with the page as it was before compression.
    private mutating func withPlainBytes(
        _ page: Span<UInt8>, _ header: PageHeader, isCompressed: Bool, levelByteCount: Int = 0,
        _ body: (inout ColumnChunkReader, Span<UInt8>) throws(ParquetReadError) -> Void
    ) throws(ParquetReadError) {
        let byteCount = header.byteCount - levelByteCount
        guard isCompressed, chunk.codec == CompressionCodec.zstd else {
            guard page.count == byteCount else { throw malformed("a page whose two sizes differ") }
            try body(&self, page)
            return
        }
        // Nothing may be stored as nothing.
        if byteCount == 0, page.isEmpty {
            try body(&self, page)
            return
        }
        guard decompressor.decompress(page, byteCount: byteCount, into: &uncompressed) else {
            throw malformed("a page that zstd cannot decompress")
        }
        var taken: [UInt8] = []
        swap(&taken, &uncompressed)
        defer { swap(&taken, &uncompressed) }
        try body(&self, taken.span.extracting(first: byteCount))
    }

    private mutating func decodeVersion1(_ bytes: Span<UInt8>, _ header: PageHeader) throws(ParquetReadError) {
        var offset = 0
        var ranges: [Range<Int>] = []
        for maximum in [layout.column.maximumRepetitionLevel, layout.column.maximumDefinitionLevel] {
            guard maximum > 0 else {
                ranges.append(offset..<offset)
                continue
            }
            guard header.levelEncoding == ValueEncoding.runLength.rawValue else {
                throw .unsupported(column: name, feature: "levels in encoding \(header.levelEncoding)")
            }
            guard bytes.count - offset >= 4 else { throw malformed("a page ends early") }
            let length = Int(bytes.extracting(offset..<(offset + 4)).littleEndianWord(at: 0))
            guard length <= bytes.count - offset - 4 else { throw malformed("levels run past the end of their page") }
            ranges.append((offset + 4)..<(offset + 4 + length))
            offset += 4 + length
        }
        let valueCount = try decodeLevels(
            bytes.extracting(ranges[0]), bytes.extracting(ranges[1]), count: header.valueCount)
        try decodeValues(bytes.extracting(offset...), header, count: valueCount)
    }

    private mutating func decodeVersion2(_ page: Span<UInt8>, _ header: PageHeader) throws(ParquetReadError) {
        let repetitionByteCount = header.repetitionByteCount
        guard repetitionByteCount == 0 || layout.column.maximumRepetitionLevel > 0 else {
            throw malformed("repetition levels in a flat column")
        }
        guard repetitionByteCount <= page.count, header.definitionByteCount <= page.count - repetitionByteCount,
            repetitionByteCount + header.definitionByteCount <= header.byteCount
        else { throw malformed("levels run past the end of their page") }
        let levelByteCount = repetitionByteCount + header.definitionByteCount
        let valueCount = try decodeLevels(
            page.extracting(first: repetitionByteCount), page.extracting(repetitionByteCount..<levelByteCount),
            count: header.valueCount)
        let rest = page.extracting(levelByteCount...)
        try withPlainBytes(
            rest, header, isCompressed: header.isCompressed, levelByteCount: levelByteCount
        ) { reader, bytes throws(ParquetReadError) in
            try reader.decodeValues(bytes, header, count: valueCount)
        }
    }

    /// Appends validity bytes, and levels where the column nests; returns how many values there are.
    private mutating func decodeLevels(
        _ repetitions: Span<UInt8>, _ definitions: Span<UInt8>, count: Int
    ) throws(ParquetReadError) -> Int {
        let column = layout.column
        let first = data.defined.count
        let repeats = try levels(repetitions, maximum: column.maximumRepetitionLevel, count: count)
        let defines = try levels(definitions, maximum: column.maximumDefinitionLevel, count: count)
        guard column.isNested else {
            data.defined.append(contentsOf: defines)
            readRowCount += count
            return defines.reduce(0) { $0 + Int($1) }
        }
        for (definition, repetition) in zip(defines, repeats) {
            data.levels.append(definition: Int(definition), repetition: Int(repetition))
            data.defined.append(Int(definition) == column.maximumDefinitionLevel ? 1 : 0)
            if repetition == 0 { readRowCount += 1 }
            guard readRowCount > 0 else { throw malformed("the first entry does not begin a row") }
        }
        guard readRowCount <= rowCount else { throw malformed("too many rows") }
        return data.defined[first...].reduce(0) { $0 + Int($1) }
    }

    /// The levels of `count` entries; all are `maximum`, or 0, where that is the only one.
    private mutating func levels(
        _ bytes: Span<UInt8>, maximum: Int, count: Int
    ) throws(ParquetReadError) -> [UInt8] {
        guard maximum > 0 else { return [UInt8](repeating: layout.column.isNested ? 0 : 1, count: count) }
        numbers.removeAll(keepingCapacity: true)
        let width = BitPacker.width(of: UInt32(maximum))
        try located { reader throws(DecodingFailure) in
            try RunLengthDecoder.decode(bytes, width: width, count: count, into: &reader.numbers)
        }
        guard numbers.allSatisfy({ $0 <= maximum }) else { throw malformed("levels beyond the column's") }
        return numbers.map { UInt8(truncatingIfNeeded: $0) }
    }

    private mutating func decodeDictionary(_ bytes: Span<UInt8>, _ header: PageHeader) throws(ParquetReadError) {
        hasDictionary = true
        let encodings = [ValueEncoding.plain.rawValue, ValueEncoding.plainDictionary.rawValue]
        guard encodings.contains(header.encoding) else { throw malformed("a dictionary that is not plain") }
        values.removeAll(keepingCapacity: true)
        // Each entry has a byte or more, save those of booleans, which have no dictionaries.
        guard header.valueCount <= bytes.count, layout.physicalType != .boolean || header.valueCount == 0 else {
            throw malformed("a dictionary of too many entries")
        }
        try decodePlain(bytes, count: header.valueCount)
        swap(&values, &dictionary)
    }

    private mutating func decodeValues(
        _ bytes: Span<UInt8>, _ header: PageHeader, count: Int
    ) throws(ParquetReadError) {
        values.removeAll(keepingCapacity: true)
        guard let encoding = ValueEncoding(rawValue: header.encoding) else {
            throw malformed("encoding \(header.encoding)")
        }
        // A page of nulls need not have values in any form.
        if count > 0 { try decodeValues(bytes, encoding, count: count) }
        guard values.count == count else { throw malformed("a page of too few values") }
        if values.isEmpty || data.defined.count - data.words.count == count {
            let cellCount = data.defined.count - data.words.count
            data.words.append(contentsOf: values)
            data.words.append(contentsOf: repeatElement(0, count: cellCount - count))
            return
        }
        var next = 0
        for row in data.words.count..<data.defined.count {
            if data.defined[row] == 1 {
                data.words.append(values[next])
                next += 1
            } else {
                data.words.append(0)
            }
        }
    }

    private mutating func decodeValues(
        _ bytes: Span<UInt8>, _ encoding: ValueEncoding, count: Int
    ) throws(ParquetReadError) {
        switch (encoding, layout.physicalType) {
        case (.plain, _): try decodePlain(bytes, count: count)
        case (.plainDictionary, _), (.runLengthDictionary, _): try decodeIndices(bytes, count: count)
        case (.runLength, .boolean): try decodeBooleanRuns(bytes, count: count)
        case (.deltaBinaryPacked, .int32), (.deltaBinaryPacked, .int64):
            let is32Bit = layout.physicalType == .int32
            try located { reader throws(DecodingFailure) in
                _ = try DeltaDecoder.decode(bytes, count: count, is32Bit: is32Bit, into: &reader.values)
            }
        case (.deltaLengthByteArray, .byteArray): try decodeLengths(bytes, count: count)
        case (.byteStreamSplit, _):
            guard let plain = layout.plain else {
                throw .unsupported(column: name, feature: "BYTE_STREAM_SPLIT for \(layout.physicalType)")
            }
            try located { reader throws(DecodingFailure) in
                try PlainDecoder.decode(bytes, count: count, layout: plain, isSplit: true, into: &reader.values)
            }
        default:
            throw .unsupported(column: name, feature: "encoding \(encoding) for \(layout.physicalType)")
        }
    }

    private mutating func decodePlain(_ bytes: Span<UInt8>, count: Int) throws(ParquetReadError) {
        if let plain = layout.plain {
            try located { reader throws(DecodingFailure) in
                try PlainDecoder.decode(bytes, count: count, layout: plain, isSplit: false, into: &reader.values)
            }
            return
        }
        if layout.physicalType == .boolean {
            try located { reader throws(DecodingFailure) in
                try PlainDecoder.decodeBooleans(bytes, count: count, into: &reader.values)
            }
            return
        }
        var offset = 0
        for _ in 0..<count {
            var length = layout.typeByteCount
            if layout.physicalType == .byteArray {
                guard bytes.count - offset >= 4 else { throw malformed("a page ends early") }
                length = Int(bytes.littleEndianWord(at: offset) & 0xFFFF_FFFF)
                offset += 4
            }
            guard length <= bytes.count - offset else { throw malformed("a string runs past the end of its page") }
            try appendEntry(bytes.extracting(offset..<(offset + length)))
            offset += length
        }
    }

    private mutating func decodeIndices(_ bytes: Span<UInt8>, count: Int) throws(ParquetReadError) {
        guard hasDictionary else { throw malformed("indices without a dictionary") }
        guard bytes.count > 0 else { throw malformed("a page ends early") }
        numbers.removeAll(keepingCapacity: true)
        try located { reader throws(DecodingFailure) in
            try RunLengthDecoder.decode(
                bytes.extracting(1...), width: Int(bytes[0]), count: count, into: &reader.numbers)
        }
        for number in numbers {
            guard number < dictionary.count else { throw malformed("an index past the end of its dictionary") }
            values.append(dictionary[Int(number)])
        }
    }

    private mutating func decodeBooleanRuns(_ bytes: Span<UInt8>, count: Int) throws(ParquetReadError) {
        guard bytes.count >= 4 else { throw malformed("a page ends early") }
        let length = Int(bytes.littleEndianWord(at: 0) & 0xFFFF_FFFF)
        guard length <= bytes.count - 4 else { throw malformed("runs go past the end of their page") }
        numbers.removeAll(keepingCapacity: true)
        try located { reader throws(DecodingFailure) in
            try RunLengthDecoder.decode(
                bytes.extracting(4..<(4 + length)), width: 1, count: count, into: &reader.numbers)
        }
        for number in numbers { values.append(Int64(number)) }
    }

    private mutating func decodeLengths(_ bytes: Span<UInt8>, count: Int) throws(ParquetReadError) {
        var lengths: [Int64] = []
        var offset = 0
        try located { _ throws(DecodingFailure) in
            offset = try DeltaDecoder.decode(bytes, count: count, is32Bit: true, into: &lengths)
        }
        for length in lengths {
            guard length >= 0, length <= bytes.count - offset else {
                throw malformed("a string runs past the end of its page")
            }
            try appendEntry(bytes.extracting(offset..<(offset + Int(length))))
            offset += Int(length)
        }
    }

    /// Adds a byte string to the entries, and its number to the values.
    private mutating func appendEntry(_ entry: Span<UInt8>) throws(ParquetReadError) {
        guard entry.count <= min(limits.columnByteCount, Int(UInt32.max)) - data.bytes.count else {
            throw .limitExceeded("the strings of column \"\(name)\" pass \(limits.columnByteCount) bytes")
        }
        values.append(Int64(data.offsets.count - 1))
        // Safe: the buffer is used only inside the closure.
        unsafe entry.withUnsafeBufferPointer { unsafe data.bytes.append(contentsOf: $0) }
        data.offsets.append(UInt32(truncatingIfNeeded: data.bytes.count))
    }

    /// Says which column a decoder failed in.
    private mutating func located(
        _ body: (inout ColumnChunkReader) throws(DecodingFailure) -> Void
    ) throws(ParquetReadError) {
        do throws(DecodingFailure) {
            try body(&self)
        } catch {
            switch error {
            case .endsEarly: throw malformed("a page ends early")
            case .contradictory(let what): throw malformed(what)
            }
        }
    }

    private func malformed(_ what: String) -> ParquetReadError {
        .malformed("column \"\(name)\": \(what)")
    }
}
