/// Lower and upper bounds as statistics and indexes store them.
struct EncodedBounds {
    var minimum: [UInt8]
    var maximum: [UInt8]?
    var isMinimumExact = true
    var isMaximumExact = true
}

extension EncodedBounds {
    /// The bounds of fixed-width values in PLAIN encoding.
    init(words minimum: Int64, _ maximum: Int64, type: ParquetType) {
        self.minimum = Self.plain(minimum, type: type)
        self.maximum = Self.plain(maximum, type: type)
    }

    /// The bounds of strings or bytes, cut to `limit` bytes.
    init(bytes minimum: RawSpan, _ maximum: RawSpan, type: ParquetType, limit: Int) {
        self.minimum = Self.lower(minimum, type: type, limit: limit)
        isMinimumExact = minimum.byteCount <= limit
        self.maximum = Self.upper(maximum, type: type, limit: limit)
        isMaximumExact = maximum.byteCount <= limit
    }

    private static func plain(_ word: Int64, type: ParquetType) -> [UInt8] {
        let byteCount =
            switch type.physicalType {
            case .boolean: 1
            case .int32: 4
            default: 8
            }
        let word = type == .double ? SortableDouble.key(forBits: word) : word
        return (0..<byteCount).map { UInt8(truncatingIfNeeded: word >> Int64(8 * $0)) }
    }

    /// A prefix comes before what it was cut from.
    private static func lower(_ bytes: RawSpan, type: ParquetType, limit: Int) -> [UInt8] {
        if bytes.byteCount <= limit { return bytes.array }
        return prefix(bytes, type: type, limit: limit)
    }

    private static func prefix(_ bytes: RawSpan, type: ParquetType, limit: Int) -> [UInt8] {
        var prefix = bytes.extracting(first: limit + 1).array
        // The byte behind the cut shows whether a character was cut in two.
        if type == .string {
            while prefix.count > 1, prefix[prefix.count - 1] & 0xC0 == 0x80 { prefix.removeLast() }
        }
        prefix.removeLast()
        return prefix
    }

    /// The prefix with its last character, or byte, replaced by the next one; nil when there is no next one.
    private static func upper(_ bytes: RawSpan, type: ParquetType, limit: Int) -> [UInt8]? {
        if bytes.byteCount <= limit { return bytes.array }
        var prefix = prefix(bytes, type: type, limit: limit)
        if type == .binary {
            while let last = prefix.popLast() {
                if last < 0xFF { return prefix + [last + 1] }
            }
            return nil
        }
        var scalars = Array(String(decoding: prefix, as: UTF8.self).unicodeScalars)
        while let last = scalars.popLast() {
            // Behind U+D7FF come surrogates, which are no characters.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            if let scalar = Unicode.Scalar(next) {
                scalars.append(scalar)
                var text = String.UnicodeScalarView()
                text.append(contentsOf: scalars)
                return Array(String(text).utf8)
            }
        }
        return nil
    }
}

/// The page index of one column chunk: what lets a reader skip pages.
enum PageIndex {
    /// Nil when a page has values but no bounds: the format has no way to say so.
    static func encodeColumnIndex(pages: [PagePlan], bounds: [EncodedBounds?], isOrdered: Bool) -> [UInt8]? {
        for (page, bound) in zip(pages, bounds) where page.valueCount > 0 && bound?.maximum == nil { return nil }
        var thrift = ThriftWriter()
        thrift.beginStructureElement()
        thrift.beginList(1, of: .booleanTrue, count: pages.count)
        for page in pages { thrift.element(boolean: page.valueCount == 0) }
        thrift.beginList(2, of: .binary, count: pages.count)
        for bound in bounds { thrift.element(binary: bound?.minimum ?? []) }
        thrift.beginList(3, of: .binary, count: pages.count)
        for bound in bounds { thrift.element(binary: bound?.maximum ?? []) }
        thrift.field(4, int32: isOrdered ? boundaryOrder(of: pages) : 0)
        thrift.beginList(5, of: .int64, count: pages.count)
        for page in pages { thrift.element(integer: page.nullCount) }
        thrift.endStructure()
        return thrift.bytes
    }

    /// 1 when the bounds of the pages ascend, 2 when they descend, 0 otherwise.
    private static func boundaryOrder(of pages: [PagePlan]) -> Int {
        var ascends = true
        var descends = true
        var previous: PagePlan?
        for page in pages where page.hasBounds {
            if let previous {
                if page.minimum < previous.minimum || page.maximum < previous.maximum { ascends = false }
                if page.minimum > previous.minimum || page.maximum > previous.maximum { descends = false }
            }
            previous = page
        }
        return ascends ? 1 : descends ? 2 : 0
    }

    static func encodeOffsetIndex(_ locations: [PageLocation]) -> [UInt8] {
        var thrift = ThriftWriter()
        thrift.beginStructureElement()
        thrift.beginList(1, of: .structure, count: locations.count)
        for location in locations {
            thrift.beginStructureElement()
            thrift.field(1, int64: location.byteOffset)
            thrift.field(2, int32: location.byteCount)
            thrift.field(3, int64: location.firstRow)
            thrift.endStructure()
        }
        thrift.endStructure()
        return thrift.bytes
    }
}
