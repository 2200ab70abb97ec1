import Parquet

/// One column of a checkpoint in the making: values with their levels.
struct CheckpointColumn {
    let column: ParquetColumn
    /// Rows that have their entries.
    private(set) var rowCount = 0
    private var words: [Int64] = []
    private var levels = ParquetLevels()
    private var offsets: [UInt32] = [0]
    private var bytes: [UInt8] = []
    /// Where texts stand that come again and again; columns whose texts are all different do without.
    private var places: [String: Int64] = [:]
    private let repeatsTexts: Bool

    init(_ column: ParquetColumn) {
        self.column = column
        repeatsTexts = column.maximumRepetitionLevel > 0
    }

    /// Gives the rows before `row`, of other kinds of action, their entries.
    mutating func pad(through row: Int) {
        while rowCount < row {
            levels.append(definition: 0)
            rowCount += 1
        }
    }

    /// An entry without a value, `missing` levels above one.
    mutating func appendNull(missing: Int, repetition: Int = 0) {
        levels.append(definition: column.maximumDefinitionLevel - missing, repetition: repetition)
        if repetition == 0 { rowCount += 1 }
    }

    mutating func append(_ word: Int64) {
        words.append(word)
        levels.append(definition: column.maximumDefinitionLevel)
        rowCount += 1
    }

    mutating func append(_ text: String, repetition: Int = 0) {
        words.append(place(of: text))
        levels.append(definition: column.maximumDefinitionLevel, repetition: repetition)
        if repetition == 0 { rowCount += 1 }
    }

    private mutating func place(of text: String) -> Int64 {
        if repeatsTexts, let place = places[text] { return place }
        let place = Int64(offsets.count - 1)
        bytes.append(contentsOf: text.utf8)
        offsets.append(UInt32(bytes.count))
        if repeatsTexts { places[text] = place }
        return place
    }

    func write(to writer: inout ParquetWriter) throws(ParquetWriteError) {
        if column.type.isByteArray {
            // Safe: UInt8 has no padding, and the array outlives the call.
            let dictionary = unsafe ByteArrays(offsets: offsets.span, bytes: bytes.span.bytes)
            try writer.writeColumn(indices: words.span, levels: levels, dictionary: dictionary)
        } else {
            try writer.writeColumn(words: words.span, levels: levels)
        }
    }
}
