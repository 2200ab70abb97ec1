import Telemetry

/// What kind of file it is, told by its name or its first byte.
enum FileKind {
    case table
    case lines

    static func of(_ path: String) throws(CommandFailure) -> FileKind {
        let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
        if [".ndjson", ".jsonl", ".json"].contains(where: name.hasSuffix) { return .lines }
        // Standard input cannot be looked into without taking from it: CSV, as `zcat file.csv.gz |` gives it.
        if path == "-" || name.hasSuffix(".csv") || name.hasSuffix(".tsv") { return .table }
        var input = try InputFile(path: path)
        var block: [UInt8] = []
        try input.read(into: &block)
        return block.first { $0 > 32 } == UInt8(ascii: "{") ? .lines : .table
    }
}

/// What a first look at the files tells: how many rows there are, and the latest time.
struct Survey {
    /// Above this, counting rows for the progress bar would take longer than it is worth.
    private static let countedByteCount = 256 << 20

    private(set) var rows: Int? = 0
    private(set) var latest: EventTime?

    /// Reads the files where it pays or, for their times, where it has to.
    static func of(_ files: [String], settings: PublicationSettings, needsTimes: Bool) throws(CommandFailure) -> Survey
    {
        var survey = Survey()
        for file in files {
            let isCounted = file != "-" && InputFile.byteCount(of: file) <= countedByteCount
            guard isCounted || needsTimes else {
                survey.rows = nil
                continue
            }
            switch try FileKind.of(file) {
            case .lines:
                if needsTimes {
                    throw .usage(
                        "\(file) holds JSON lines, which are published as they are; --shift-to-now is for CSV.")
                }
                try survey.readLines(file)
            case .table: try survey.readTable(file, settings: settings, needsTimes: needsTimes)
            }
        }
        return survey
    }

    private mutating func readLines(_ path: String) throws(CommandFailure) {
        var reader = LineReader(try InputFile(path: path))
        var line: [UInt8] = []
        var count = 0
        while try reader.next(into: &line) { count += line.isEmpty ? 0 : 1 }
        rows = rows.map { $0 + count }
    }

    private mutating func readTable(
        _ path: String, settings: PublicationSettings, needsTimes: Bool
    ) throws(CommandFailure) {
        var reader = CSVReader(try InputFile(path: path), delimiter: settings.mapping.delimiter)
        var record = CSVRecord()
        guard try reader.next(into: &record) else {
            throw .usage("\(path) is empty; a header with the names of the columns is expected.")
        }
        var encoder = try RowEncoder(
            settings.mapping, header: record.texts, timeField: settings.timeField, file: path)
        var count = 0
        var messageCount = 0
        while messageCount < settings.limit ?? .max, try reader.next(into: &record) {
            count += 1
            guard needsTimes, encoder.encode(record, number: count) == .message, let time = encoder.time else {
                continue
            }
            messageCount += 1
            latest = max(latest ?? time, time)
        }
        rows = rows.map { $0 + count }
    }
}
