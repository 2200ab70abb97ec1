import Telemetry

/// The rows of a small comma-separated file (RFC 4180) whose first row names the columns.
struct CSVTable {
    struct Row {
        /// From 1, with the header as line 1.
        let line: Int
        let fields: [String]
    }

    let columns: [String]
    let rows: [Row]

    init(_ bytes: RawSpan, file: String) throws(AreaError) {
        var rows = try Self.rows(of: String(decoding: bytes), file: file)
        guard !rows.isEmpty else {
            throw AreaError(file: file, message: "the file is empty", fix: "Put the names of the columns in line 1")
        }
        columns = rows.removeFirst().fields
        self.rows = rows
        for row in rows where row.fields.count != columns.count {
            throw AreaError(
                file: file, place: "line \(row.line)",
                message: "\(row.fields.count) fields where line 1 names \(columns.count) columns",
                fix: "Give each line the fields of line 1, and put a field that holds a comma in quotes")
        }
    }

    /// The place of a column that the file must have.
    func index(of column: String, file: String) throws(AreaError) -> Int {
        guard let index = columns.firstIndex(of: column) else {
            throw AreaError(
                file: file, place: "line 1", message: "there is no column \(column)",
                fix: "Name the columns in line 1, \(column) among them")
        }
        return index
    }

    private static func rows(of text: String, file: String) throws(AreaError) -> [Row] {
        var rows: [Row] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var (line, startLine) = (1, 1)
        var isQuoted = false
        var previous: UInt8?
        func take() {
            fields.append(String(decoding: field, as: UTF8.self))
            field.removeAll(keepingCapacity: true)
        }
        func takeRow() {
            take()
            if fields != [""] { rows.append(Row(line: startLine, fields: fields)) }
            fields.removeAll()
        }
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n") { line += 1 }
            switch byte {
            case UInt8(ascii: "\""):
                // Two quotes within a quoted field are one that is meant.
                if !isQuoted, previous == UInt8(ascii: "\"") { field.append(byte) }
                isQuoted.toggle()
            case _ where isQuoted: field.append(byte)
            case UInt8(ascii: ","): take()
            case UInt8(ascii: "\n"):
                takeRow()
                startLine = line
            case UInt8(ascii: "\r"): break
            default: field.append(byte)
            }
            previous = byte
        }
        guard !isQuoted else {
            throw AreaError(
                file: file, place: "line \(startLine)", message: "a quoted field does not end",
                fix: "Close the quotes, and write a quote within a field twice")
        }
        if !field.isEmpty || !fields.isEmpty { takeRow() }
        return rows
    }
}
