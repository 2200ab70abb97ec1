/// The cells of one column of one row group.
///
/// The form is the one in which ``ParquetWriter`` takes them: words with validity bytes and, for strings and bytes, a
/// dictionary that the words point into.
public struct ParquetColumnData: Sendable {
    /// What the cells hold.
    public let type: ParquetType
    /// One word per row, or per entry of a nested column; 0 where the cell is null.
    public internal(set) var words: [Int64] = []
    /// Likewise one byte: 1 where there is a value, 0 where the cell is null.
    public internal(set) var defined: [UInt8] = []
    /// The levels of a nested column's entries; empty where nothing nests.
    public internal(set) var levels = ParquetLevels()
    /// For strings and bytes: where each entry of the dictionary starts, and where the last one ends.
    public internal(set) var offsets: [UInt32] = [0]
    /// For strings and bytes: the entries of the dictionary, one behind the other.
    public internal(set) var bytes: [UInt8] = []

    init(type: ParquetType) {
        self.type = type
    }

    /// Puts the cells of the column's next row group behind these.
    public mutating func append(_ next: ParquetColumnData) {
        precondition(next.type == type, "row groups of one column have one type")
        let (firstEntry, firstByte) = (Int64(offsets.count - 1), UInt32(bytes.count))
        words += type.isByteArray ? zip(next.words, next.defined).map { $1 == 1 ? $0 + firstEntry : 0 } : next.words
        defined += next.defined
        for index in 0..<next.levels.count {
            levels.append(
                definition: Int(next.levels.definitions[index]), repetition: Int(next.levels.repetitions[index]))
        }
        offsets += next.offsets.dropFirst().map { $0 + firstByte }
        bytes += next.bytes
    }

    /// How many cells there are.
    public var rowCount: Int { words.count }

    /// How many cells are null.
    public var nullCount: Int { defined.reduce(0) { $0 + ($1 == 0 ? 1 : 0) } }

    /// The bytes of the cell in `row`, or nil when it is null or of a fixed-width type.
    public func byteString(at row: Int) -> ArraySlice<UInt8>? {
        guard type.isByteArray, defined[row] == 1 else { return nil }
        let entry = Int(words[row])
        return bytes[Int(offsets[entry])..<Int(offsets[entry + 1])]
    }

    /// The cell in `row` with its type, or nil when it is null; text that is not UTF-8 is repaired.
    public func value(at row: Int) -> ParquetValue? {
        guard defined[row] == 1 else { return nil }
        switch type {
        case .string: return byteString(at: row).map { .string(String(decoding: $0, as: UTF8.self)) }
        case .binary: return byteString(at: row).map { .binary(Array($0)) }
        default: return ParquetValue(word: words[row], type: type)
        }
    }
}
