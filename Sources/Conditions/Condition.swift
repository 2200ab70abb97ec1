package import Telemetry

/// A condition on the rows of a table, in the language of SQL's WHERE: comparisons of a column with a value, AND, OR,
/// NOT, IN, BETWEEN and IS NULL.
///
/// It has three answers as in SQL: what is compared with null is unknown. Numbers are compared exactly where the column is
/// an integer or a decimal.
package struct Condition: Sendable {
    /// The condition as it was given.
    package let text: String
    private let root: ConditionNode

    /// What a condition says of a row.
    package enum Answer {
        package static let no: UInt8 = 0
        package static let yes: UInt8 = 1
        package static let unknown: UInt8 = 2
    }

    /// Reads a condition on rows with these columns.
    ///
    /// - Throws: what is wrong, and at which character.
    package init(_ text: String, columns: [ColumnDefinition]) throws(ConditionError) {
        var parser = try ConditionParser(text, columns: columns)
        root = try parser.parse()
        self.text = text
    }

    /// The columns that the condition looks at, ascending.
    package var columns: [Int] { root.columns.sorted() }

    /// Writes an `Answer` for each row of `batch`, whose columns are those that the condition was read for.
    package func evaluate(_ batch: borrowing ColumnBatch, into answers: inout [UInt8]) {
        root.evaluate(batch, rows: 0..<batch.count, into: &answers)
    }

    /// The same for some rows of the batch; the answer to row `rows.lowerBound` comes first.
    package func evaluate(_ batch: borrowing ColumnBatch, rows: Range<Int>, into answers: inout [UInt8]) {
        require(rows.lowerBound >= 0 && rows.upperBound <= batch.count, "rows of the batch")
        root.evaluate(batch, rows: rows, into: &answers)
    }
}

/// A part of a condition.
indirect enum ConditionNode: Sendable {
    case all([ConditionNode])
    case any([ConditionNode])
    case not(ConditionNode)
    case isNull(Int)
    /// False for a value and unknown for null: what is equal to no value of the column.
    case isNothing(Int)
    case compare(Int, Comparison, Operand)

    enum Operand: Sendable {
        /// In the words of the column's type.
        case word(Int64)
        case double(Double)
        case bytes([UInt8])
    }

    var columns: Set<Int> {
        switch self {
        case .all(let nodes), .any(let nodes): nodes.reduce(into: []) { $0.formUnion($1.columns) }
        case .not(let node): node.columns
        case .isNull(let column), .isNothing(let column), .compare(let column, _, _): [column]
        }
    }

    func evaluate(_ batch: borrowing ColumnBatch, rows: Range<Int>, into answers: inout [UInt8]) {
        switch self {
        case .all(let nodes):
            combine(nodes, batch, rows, into: &answers, decisive: Condition.Answer.no)
        case .any(let nodes):
            combine(nodes, batch, rows, into: &answers, decisive: Condition.Answer.yes)
        case .not(let node):
            node.evaluate(batch, rows: rows, into: &answers)
            for row in answers.indices where answers[row] != Condition.Answer.unknown { answers[row] ^= 1 }
        case .isNull(let column):
            let validity = batch.validity(of: column)
            answers = rows.map { validity[$0] == 0 ? Condition.Answer.yes : Condition.Answer.no }
        case .isNothing(let column):
            let validity = batch.validity(of: column)
            answers = rows.map { validity[$0] == 0 ? Condition.Answer.unknown : Condition.Answer.no }
        case .compare(let column, let comparison, let operand):
            compare(batch, rows, column, comparison, operand, into: &answers)
        }
    }

    /// One decisive answer is the answer of all; else one unknown.
    private func combine(
        _ nodes: [ConditionNode], _ batch: borrowing ColumnBatch, _ rows: Range<Int>, into answers: inout [UInt8],
        decisive: UInt8
    ) {
        var part: [UInt8] = []
        nodes[0].evaluate(batch, rows: rows, into: &answers)
        for node in nodes.dropFirst() {
            node.evaluate(batch, rows: rows, into: &part)
            for row in answers.indices where answers[row] != decisive {
                if part[row] != decisive ^ 1 { answers[row] = part[row] }
            }
        }
    }

    private func compare(
        _ batch: borrowing ColumnBatch, _ rows: Range<Int>, _ column: Int, _ comparison: Comparison,
        _ operand: Operand, into answers: inout [UInt8]
    ) {
        answers.removeAll(keepingCapacity: true)
        answers.reserveCapacity(rows.count)
        let (words, validity) = (batch.words(of: column), batch.validity(of: column))
        switch operand {
        case .word(let value):
            for row in rows {
                answers.append(validity[row] == 0 ? Condition.Answer.unknown : comparison.holds(words[row], value))
            }
        case .double(let value):
            for row in rows {
                let cell = Double(bitPattern: UInt64(bitPattern: words[row]))
                answers.append(validity[row] == 0 ? Condition.Answer.unknown : comparison.holds(cell, value))
            }
        case .bytes(let value):
            // Each string of the dictionary once, however many rows have it.
            var known = [UInt8?](repeating: nil, count: batch.dictionaryOffsets(of: column).count)
            for row in rows {
                guard validity[row] != 0 else {
                    answers.append(Condition.Answer.unknown)
                    continue
                }
                let id = Int(words[row])
                let answer = known[id] ?? comparison.holds(batch, column, id, value)
                known[id] = answer
                answers.append(answer)
            }
        }
    }
}

extension Comparison {
    @inline(__always)
    fileprivate func holds<Value: Comparable>(_ left: Value, _ right: Value) -> UInt8 {
        let answer =
            switch self {
            case .equal: left == right
            case .notEqual: left != right
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            }
        return answer ? Condition.Answer.yes : Condition.Answer.no
    }

    /// Compares string `id` of a column's dictionary byte by byte, which for UTF-8 is the order of code points.
    fileprivate func holds(_ batch: borrowing ColumnBatch, _ column: Int, _ id: Int, _ value: [UInt8]) -> UInt8 {
        let offsets = batch.dictionaryOffsets(of: column)
        let bytes = batch.dictionaryBytes(of: column)
        let (start, end) = (Int(offsets[id]), Int(offsets[id + 1]))
        var order = (end - start) - value.count
        for index in 0..<min(end - start, value.count) {
            // Safe: every byte of a span is a UInt8.
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: start + index, as: UInt8.self)
            if byte != value[index] {
                order = byte < value[index] ? -1 : 1
                break
            }
        }
        return holds(order, 0)
    }
}
