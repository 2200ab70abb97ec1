import Parquet

/// SplitMix64: the same seed gives the same file.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// What the values of a test column look like; each shape leads the writer to another encoding.
enum ColumnShape: CaseIterable {
    case constant
    case fewValues
    case ascending
    case walk
    case anything
    case extremes
    case runs
}

/// The cells of one column of one row group, as a test gives them to the writer and expects them back.
struct TestColumn {
    var column: ParquetColumn
    var words: [Int64]
    var defined: [UInt8]?
    /// For strings and bytes: the dictionary that the words point into.
    var entries: [[UInt8]] = []

    var offsets: [UInt32] {
        var offsets: [UInt32] = [0]
        for entry in entries { offsets.append(offsets[offsets.count - 1] + UInt32(entry.count)) }
        return offsets
    }

    func isDefined(_ row: Int) -> Bool { defined.map { $0[row] == 1 } ?? true }

    func write(to writer: inout ParquetWriter) throws {
        if column.type.isByteArray {
            let offsets = offsets
            let bytes = entries.flatMap { $0 }
            // Safe: bytes of bytes.
            let dictionary = unsafe ByteArrays(offsets: offsets.span, bytes: bytes.span.bytes)
            try writer.writeColumn(indices: words.span, defined: defined?.span, dictionary: dictionary)
        } else {
            try writer.writeColumn(words: words.span, defined: defined?.span)
        }
    }

    /// Makes up a column.
    ///
    /// Times and dates stay within what every reader can hold unless `isUnlimited`.
    static func random(
        _ column: ParquetColumn, rowCount: Int, shape: ColumnShape, nullShare: Double, isUnlimited: Bool,
        using random: inout SeededRandom
    ) -> TestColumn {
        var made = TestColumn(column: column, words: [])
        let range = column.type.isByteArray ? 0...0 : made.range(isUnlimited: isUnlimited)
        if column.type.isByteArray { made.makeEntries(rowCount: rowCount, shape: shape, using: &random) }
        let limits = column.type.isByteArray ? 0...Int64(made.entries.count - 1) : range
        made.words = words(rowCount: rowCount, shape: shape, limits: limits, using: &random)
        if column.type == .double { made.words = made.words.map { doubleBits($0, shape: shape) } }
        if column.isNullable {
            var defined: [UInt8] = []
            var isNull = false
            for row in 0..<rowCount {
                // Stretches in the second half, single cells in the first.
                if row < rowCount / 2 || row % 100 == 0 {
                    isNull = Double.random(in: 0..<1, using: &random) < nullShare
                }
                defined.append(isNull ? 0 : 1)
            }
            made.defined = defined
        }
        return made
    }

    private func range(isUnlimited: Bool) -> ClosedRange<Int64> {
        switch column.type {
        case .boolean: return 0...1
        case .int32: return Int64(Int32.min)...Int64(Int32.max)
        case .date: return isUnlimited ? Int64(Int32.min)...Int64(Int32.max) : -20_000...100_000
        case .timestampMicros:
            return isUnlimited ? .min ... .max : -2_000_000_000_000_000...9_000_000_000_000_000
        case .decimal(let precision, _):
            var limit: Int64 = 1
            for _ in 0..<precision { limit *= 10 }
            return (1 - limit)...(limit - 1)
        default: return .min ... .max
        }
    }

    private static func doubleBits(_ word: Int64, shape: ColumnShape) -> Int64 {
        let special: [Double] = [
            0.0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.5,
        ]
        let value = shape == .extremes ? special[Int(word & 7)] : Double(word) / 10
        return Int64(bitPattern: value.bitPattern)
    }

    private static func words(
        rowCount: Int, shape: ColumnShape, limits: ClosedRange<Int64>, using random: inout SeededRandom
    ) -> [Int64] {
        let few = (0..<12).map { _ in Int64.random(in: limits, using: &random) }
        var current = Int64.random(in: limits, using: &random)
        return (0..<rowCount).map { row in
            switch shape {
            case .constant: break
            case .fewValues: current = few[Int.random(in: 0..<12, using: &random)]
            case .ascending:
                let (next, overflow) = current.addingReportingOverflow(Int64.random(in: 0...3, using: &random))
                current = overflow ? current : min(next, limits.upperBound)
            case .walk:
                let (next, overflow) = current.addingReportingOverflow(Int64.random(in: -100...100, using: &random))
                if !overflow, limits.contains(next) { current = next }
            case .anything: current = Int64.random(in: limits, using: &random)
            case .extremes:
                let edges = [limits.lowerBound, limits.upperBound, limits.clamp(0), limits.clamp(-1), limits.clamp(1)]
                current = edges[Int.random(in: 0..<5, using: &random)]
            case .runs:
                if Int.random(in: 0..<50, using: &random) == 0 { current = few[Int.random(in: 0..<12, using: &random)] }
            }
            return current
        }
    }

    private mutating func makeEntries(rowCount: Int, shape: ColumnShape, using random: inout SeededRandom) {
        let count = shape == .anything ? max(rowCount * 4, 1) : 300
        for number in 0..<count {
            var text = "ô-\(UInt64.random(in: 0..<1_000_000, using: &random))-\(number)"
            if shape == .extremes { text = String(repeating: "Đặng ", count: number % 40) + text }
            if number == count / 2 { text = "" }
            var entry = Array(text.utf8)
            if column.type == .binary { entry += [0xFF, 0x00, UInt8(number & 0xFF)] }
            entries.append(entry)
        }
    }
}

extension ClosedRange<Int64> {
    func clamp(_ value: Int64) -> Int64 { Swift.min(Swift.max(value, lowerBound), upperBound) }
}

/// One column of every type, nullable and not.
let everyType: [ParquetColumn] = [
    ParquetType.boolean, .int32, .int64, .double, .decimal(precision: 9, scale: 6), .decimal(precision: 18, scale: 3),
    .decimal(precision: 1, scale: 0), .timestampMicros, .date, .string, .binary,
].enumerated().flatMap { index, type in
    [
        ParquetColumn(name: "required \(index)", type: type, isNullable: false),
        ParquetColumn(name: "nullable \(index)", type: type, isNullable: true),
    ]
}
