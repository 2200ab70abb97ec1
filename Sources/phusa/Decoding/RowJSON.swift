import JSONDocument
import Streams
import Telemetry

/// A row of a batch as a JSON object.
enum RowJSON {
    /// Writes row `row` (the pending one is row `count`) with the columns that the payload decides.
    ///
    /// Columns without a value are there too where nulls are wanted.
    static func write(
        _ batch: borrowing ColumnBatch, row: Int, plan: StreamPlan, withNulls: Bool, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        for column in plan.columns.indices where !isTrace(column, plan) {
            guard let word = batch.word(row: row, column: column) else {
                if withNulls {
                    writer.name(plan.columns[column].name)
                    writer.null()
                }
                continue
            }
            writer.name(plan.columns[column].name)
            if column == plan.extraColumn, let text = batch.string(row: row, column: column) {
                // It is JSON already.
                writer.raw(text.utf8Bytes)
            } else {
                write(word, batch.string(row: row, column: column), plan.columns[column].type, to: &writer)
            }
        }
        writer.endObject()
    }

    /// What the lane adds is not known here.
    private static func isTrace(_ column: Int, _ plan: StreamPlan) -> Bool {
        [plan.ingestTimeColumn, plan.laneColumn, plan.journalOffsetColumn].contains(column)
    }

    /// Writes a cell of a type; `text` is that of a string's.
    static func write(_ word: Int64, _ text: String?, _ type: ColumnType, to writer: inout JSONWriter) {
        switch type {
        case .boolean: writer.bool(word != 0)
        case .int32, .int64: writer.integer(word)
        case .double: writer.double(Double(bitPattern: UInt64(bitPattern: word)))
        case .decimal(_, let scale): CellText.write(decimal: word, scale: scale, to: &writer)
        case .timestamp: writer.string(EventTime(microsecondsSinceEpoch: word).description)
        case .date: writer.string(CellText.date(word))
        case .string, .binary, .counts: writer.string(text ?? "")
        }
    }
}
