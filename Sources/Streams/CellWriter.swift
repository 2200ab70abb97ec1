import JSONDocument
import JSONSchema
import Telemetry

extension CellRule {
    /// Why a valid value did not become a cell.
    enum Failure {
        /// The number has more digits than the column.
        case tooLarge
        /// The text is no time or date.
        case format
        /// The value has another type than the schema gives.
        case type

        var reason: RefusalReason {
            switch self {
            case .tooLarge: .range
            case .format: .format
            case .type: .type
            }
        }
    }

    /// Writes the value at `index` of the document into a cell of the pending row; null and absence leave it null.
    ///
    /// - Returns: why it cannot be written, else nil.
    @inline(__always)
    func write(
        _ index: Int, of document: borrowing JSONDocument, into columns: inout ColumnBatch, column: Int,
        text: inout [UInt8]
    ) -> Failure? {
        let tag = document.tag(at: index)
        if tag == JSONKind.null.rawValue {
            // Where null is a value among others, its text would be a value too.
            return nil
        }
        switch self {
        case .decimal(let scale):
            let scaled: Int64?
            if tag == JSONKind.integer.rawValue {
                scaled = scale.scaled(document.int64(at: index))
            } else if tag == JSONKind.double.rawValue {
                scaled = scale.scaled(document.double(at: index))
            } else {
                return tag == JSONKind.unsigned.rawValue ? .tooLarge : .type
            }
            guard let scaled else { return .tooLarge }
            columns.setWord(scaled, column: column)
        case .string:
            guard tag == JSONKind.string.rawValue else { return .type }
            columns.setBytes(document.stringBytes(at: index), column: column)
        case .int64, .int32:
            guard let whole = document.wholeNumber(at: index) else {
                return document.number(at: index) == nil ? .type : .tooLarge
            }
            if case .int32 = self, Int32(exactly: whole) == nil { return .tooLarge }
            columns.setWord(whole, column: column)
        case .double:
            guard let number = document.number(at: index) else { return .type }
            columns.setDouble(number, column: column)
        case .boolean:
            guard let value = document.bool(at: index) else { return .type }
            columns.setWord(value ? 1 : 0, column: column)
        case .timestamp:
            guard tag == JSONKind.string.rawValue else { return .type }
            guard let time = RFC3339.microseconds(document.stringBytes(at: index)) else { return .format }
            columns.setWord(time, column: column)
        case .date, .text, .nothing: return writeRare(index, of: document, into: &columns, column: column, text: &text)
        }
        return nil
    }

    /// Writes a scanned value into a cell of the pending row; returns false when a document has to decide.
    @inline(__always)
    func write(_ value: ScannedValue, of text: RawSpan, into columns: inout ColumnBatch, column: Int) -> Bool {
        let places = Int(value.places)
        switch (self, value.kind) {
        case (.decimal(let scale), .number):
            guard let scaled = scale.scaled(value.word, places: places) else { return false }
            columns.setWord(scaled, column: column)
        case (.string, .string):
            let start = Int(value.word)
            columns.setBytes(text.extracting(start..<(start &+ Int(value.byteCount))), column: column)
        case (.timestamp, .time): columns.setWord(value.word, column: column)
        case (.int64, .number) where places == 0: columns.setWord(value.word, column: column)
        case (.int32, .number) where places == 0 && Int32(exactly: value.word) != nil:
            columns.setWord(value.word, column: column)
        case (.double, .number):
            // Both are exact, so the quotient is the double that the text reads as.
            columns.setDouble(Double(value.word) / Double(DecimalScale.powers[places]), column: column)
        case (.boolean, .boolean): columns.setWord(value.word, column: column)
        case (.nothing, _): return true
        default: return false
        }
        return true
    }

    private func writeRare(
        _ index: Int, of document: borrowing JSONDocument, into columns: inout ColumnBatch, column: Int,
        text: inout [UInt8]
    ) -> Failure? {
        if case .nothing = self { return nil }
        guard case .date = self else {
            text.removeAll(keepingCapacity: true)
            document.write(index, into: &text)
            // Safe: every byte of the array is initialized.
            unsafe columns.setBytes(text.span.bytes, column: column)
            return nil
        }
        guard document.kind(at: index) == .string else { return .type }
        let midnight = document.string(at: index) + "T00:00:00Z"
        guard let time = RFC3339.microseconds(midnight.utf8Bytes), midnight.utf8.count == 20 else { return .format }
        columns.setWord(floorDivide(time, 86_400_000_000), column: column)
        return nil
    }
}
