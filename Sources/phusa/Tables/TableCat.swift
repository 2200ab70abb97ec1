import ArgumentParser
import DeltaLake
import JSONDocument
import Parquet

/// `phusa table cat`: rows.
struct TableCat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Prints rows of a table, partition by partition.",
        discussion: "With --format json, one object a line.")

    /// What fits on a wide screen; --format json gives everything.
    private static let longestCell = 200

    @Argument(help: "The table.")
    var table: String

    @OptionGroup var options: TableOptions

    @Option(help: ArgumentHelp("At most so many rows; 0 for all.", valueName: "N"))
    var limit = 20

    @Option(help: ArgumentHelp("Only these columns, in this order.", valueName: "a,b,…"))
    var columns: String?

    @Flag(help: "Begins with the partition that is last.")
    var last = false

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        let folder = try TableFolder(data: options.data)
        let name = try folder.names([table])[0]
        let snapshot = try folder.open(name).snapshot
        let chosen = try chosenColumns(of: snapshot)
        var reader = RowReader(folder: folder.folder(of: name), snapshot: snapshot, columns: chosen, last: last)
        var output = Output()
        var rows: [[ParquetValue?]] = []
        var count = 0
        while limit == 0 || count < limit, let row = try reader.next() {
            count += 1
            switch format {
            case .json: try output.write(line: Self.json(row, chosen))
            case .table: rows.append(row)
            }
        }
        if format == .table {
            // What has no value in any row only takes room, unless it was asked for.
            let shown = chosen.indices.filter { index in columns != nil || rows.contains { $0[index] != nil } }
            for line in Self.table(rows, chosen, shown).linesForStandardOutput { try output.write(line: line) }
            try output.flush()
            let total = try TableFacts(name, snapshot).rowCount
            note(summary(count, of: total, hiddenCount: chosen.count - shown.count))
        }
        try output.flush()
    }

    private static func table(_ rows: [[ParquetValue?]], _ columns: [DeltaColumn], _ shown: [Int]) -> TextTable {
        var table = TextTable(shown.map { TextTable.Column(columns[$0].name, columns[$0].isNumber ? .right : .left) })
        for row in rows { table.add(shown.map { TextTable.Cell(short(CellText.text(row[$0]))) }) }
        return table
    }

    /// A cell for people: a payload of megabytes would make every line as long, and control characters move the cursor.
    private static func short(_ text: String) -> String {
        let start = Terminal.printable(text.unicodeScalars.prefix(longestCell))
        return start.unicodeScalars.count == text.unicodeScalars.count ? start : start + "…"
    }

    private func summary(_ count: Int, of total: Int?, hiddenCount: Int) -> String {
        var sentence = Format.counted(count, "row")
        if let total, count < total {
            sentence = "\(Format.count(count)) of \(Format.counted(total, "row")); --limit 0 prints all"
        }
        if hiddenCount > 0 { sentence += "; \(Format.counted(hiddenCount, "column")) without a value not shown" }
        return sentence + "."
    }

    private func chosenColumns(of snapshot: DeltaSnapshot) throws(CommandFailure) -> [DeltaColumn] {
        guard let columns else { return snapshot.schema.columns }
        var chosen: [DeltaColumn] = []
        for name in columns.split(separator: ",") {
            guard let column = snapshot.schema.column(String(name)) else {
                let known = snapshot.schema.columns.map(\.name).joined(separator: ", ")
                throw .usage("The table \(table) has no column \(name); it has \(known).")
            }
            chosen.append(column)
        }
        guard !chosen.isEmpty else { throw .usage("--columns \(columns) names no column; write --columns a,b.") }
        return chosen
    }

    private static func json(_ row: [ParquetValue?], _ columns: [DeltaColumn]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (column, value) in zip(columns, row) {
            writer.name(column.name)
            CellText.write(value, to: &writer)
        }
        writer.endObject()
        return writer.text
    }
}

extension DeltaColumn {
    fileprivate var isNumber: Bool {
        switch type {
        case .byte, .short, .integer, .long, .float, .double, .decimal: true
        default: false
        }
    }
}

/// Reads the rows of a table one after another, a file at a time.
struct RowReader {
    private let folder: String
    private let columns: [DeltaColumn]
    private var files: [AddFile]
    private var open: (file: AddFile, reader: ParquetReader, group: Int)?
    private var cells: [Cells] = []
    private var row = 0
    private var rowCount = 0

    private enum Cells {
        case column(ParquetColumnData)
        case map(ParquetMapData)
        /// A partition column, which is in the log, or one that came later than the file.
        case none
    }

    init(folder: String, snapshot: DeltaSnapshot, columns: [DeltaColumn], last: Bool) {
        self.folder = folder
        self.columns = columns
        // From the end, because files are taken off the end.
        files = snapshot.files.sorted {
            let left = (TableFacts.partition(of: $0), $0.path)
            let right = (TableFacts.partition(of: $1), $1.path)
            return last ? left < right : right < left
        }
    }

    /// The next row, its cells in the order of the columns; nil at the end.
    mutating func next() throws(CommandFailure) -> [ParquetValue?]? {
        while row == rowCount {
            guard try advance() else { return nil }
        }
        defer { row += 1 }
        return columns.indices.map { index in
            switch cells[index] {
            case .column(let data): return data.value(at: row)
            case .map(let data): return Self.text(data, row: row)
            case .none: break
            }
            guard let text = open?.file.partitionText(columns[index].name) else { return nil }
            return columns[index].type == .integer ? Int32(text).map { .int32($0) } : .string(text)
        }
    }

    /// Goes to the next row group, of the next file if need be; false at the end of the table.
    private mutating func advance() throws(CommandFailure) -> Bool {
        row = 0
        rowCount = 0
        if let current = open, current.group + 1 < current.reader.rowGroups.count {
            open?.group += 1
        } else {
            guard let file = files.popLast() else { return false }
            let path = "\(folder)/\(file.path)"
            guard InputFile.exists(path) else {
                throw .failure("The log has the file \(path), but it is not there; phusa table verify says what else.")
            }
            let bytes = try InputFile.bytes(of: path)
            do throws(ParquetReadError) {
                open = (file, try ParquetReader(bytes: bytes), 0)
            } catch {
                throw .failure("\(path): \(error).")
            }
        }
        guard let current = open, current.group < current.reader.rowGroups.count else { return true }
        do throws(ParquetReadError) {
            cells = []
            for column in columns { cells.append(try Self.read(column, current.reader, current.group)) }
        } catch {
            throw .failure("\(folder)/\(current.file.path): \(error).")
        }
        rowCount = current.reader.rowGroups[current.group].rowCount
        return true
    }

    private static func read(
        _ column: DeltaColumn, _ reader: ParquetReader, _ group: Int
    ) throws(ParquetReadError) -> Cells {
        if case .map = column.type, reader.schema.fields.contains(where: { $0.name == column.name }) {
            return .map(try reader.readMap(column.name, rowGroup: group))
        }
        guard let index = reader.schema.index(of: column.name) else { return .none }
        return .column(try reader.readColumn(index, rowGroup: group))
    }

    /// A map as people read it: `{-105: 3, -104: 17}`.
    private static func text(_ data: ParquetMapData, row: Int) -> ParquetValue? {
        guard let entries = data.entries(of: row) else { return nil }
        let texts = entries.map { entry in
            let value = data.values.value(at: entry).map(CellText.text) ?? "null"
            return "\(data.keys.value(at: entry).map(CellText.text) ?? "null"): \(value)"
        }
        return .string("{\(texts.joined(separator: ", "))}")
    }
}
