import DeltaLake
package import DurableFiles
import Parquet
import Telemetry

/// All dead letters of a data folder with what was done with them: `dead_letters` and `dead_letter_marks`, joined.
package struct DeadLetterBox {
    private let store: any FileStore
    private let dataDirectory: String
    private let files: [Int64: [AddFile]]
    private let marks: [DeadLetterKey: DeadLetter.Mark]

    /// Reads the marks; the dead letters themselves are read hour by hour.
    package init(dataDirectory: String, store: any FileStore = SystemFileStore()) throws(TableError) {
        self.store = store
        self.dataDirectory = dataDirectory
        let name = TableLayout.deadLetters.name
        files = Dictionary(
            grouping: try Self.snapshot(of: name, dataDirectory, store)?.files.map { $0 } ?? [], by: Self.hour)
        marks = try Self.readMarks(dataDirectory, store)
    }

    /// Calls `body` for every dead letter that the filter means, in the order of arrival.
    package func forEach<Failure: Error>(
        _ filter: DeadLetterFilter, _ body: (DeadLetter) throws(Failure) -> Void
    ) throws(DeadLetterBoxError<Failure>) {
        for hour in files.keys.sorted() where filter.mayBe(inHour: hour) {
            var letters: [DeadLetter] = []
            for file in files[hour] ?? [] {
                do throws(TableError) {
                    letters += try read(file, filter)
                } catch {
                    throw .table(error)
                }
            }
            letters.sort { left, right in
                (left.arrival, left.key.lane, left.key.offset, left.key.readingIndex ?? -1)
                    < (right.arrival, right.key.lane, right.key.offset, right.key.readingIndex ?? -1)
            }
            for letter in letters {
                do throws(Failure) { try body(letter) } catch { throw .body(error) }
            }
        }
    }

    private func read(_ file: AddFile, _ filter: DeadLetterFilter) throws(TableError) -> [DeadLetter] {
        let name = TableLayout.deadLetters.name
        let segment = try SegmentReader(store, "\(dataDirectory)/tables/\(name)/\(file.path)", table: name)
        let columns = try DeadLetterColumns(segment)
        var letters: [DeadLetter] = []
        for row in 0..<segment.reader.rowCount {
            let letter = columns.letter(at: row, marks)
            if filter.matches(letter) { letters.append(letter) }
        }
        return letters
    }

    /// The hour of a file's partition, since 1970; files of other makers, which have none, count as the beginning.
    private static func hour(of file: AddFile) -> Int64 {
        guard case .date(let day)? = file.partitionValues.first(where: { $0.column == "date" })?.value(as: .date),
            case .integer(let hour)? = file.partitionValues.first(where: { $0.column == "hour" })?.value(as: .integer)
        else { return 0 }
        return Int64(day) * 24 + Int64(hour)
    }

    // MARK: Marks

    private static func readMarks(
        _ dataDirectory: String, _ store: any FileStore
    ) throws(TableError) -> [DeadLetterKey: DeadLetter.Mark] {
        let name = TableLayout.deadLetterMarks.name
        var marks: [DeadLetterKey: DeadLetter.Mark] = [:]
        guard let snapshot = try snapshot(of: name, dataDirectory, store) else { return [:] }
        for file in snapshot.files {
            let segment = try SegmentReader(store, "\(dataDirectory)/tables/\(name)/\(file.path)", table: name)
            let columns = try MarkColumns(segment)
            for row in 0..<segment.reader.rowCount {
                guard let (key, mark) = columns.mark(at: row) else { continue }
                if let known = marks[key], known.offset >= mark.offset { continue }
                marks[key] = mark
            }
        }
        return marks
    }

    private static func snapshot(
        of name: String, _ dataDirectory: String, _ store: any FileStore
    ) throws(TableError) -> DeltaSnapshot? {
        do throws(DeltaError) {
            return try DeltaTable(
                opening: LocalLogStore(tablePath: "\(dataDirectory)/tables/\(name)", files: store)
            ).snapshot
        } catch .notATable {
            return nil
        } catch {
            throw .log(error, table: name)
        }
    }
}

/// Why dead letters were not gone through to the end.
package enum DeadLetterBoxError<Failure: Error>: Error {
    /// A table cannot be read.
    case table(TableError)
    /// What the caller does with them failed.
    case body(Failure)
}

/// The columns of a segment of `dead_letters`.
private struct DeadLetterColumns {
    private let columns: [String: ParquetColumnData]
    /// By their number in the column: the dead letters of a message share its bytes.
    private let payloads: [[UInt8]]

    init(_ segment: SegmentReader) throws(TableError) {
        var columns: [String: ParquetColumnData] = [:]
        for name in segment.reader.schema.columns.map(\.name) { columns[name] = try segment.column(name) }
        self.columns = columns
        guard let column = columns["payload"] else {
            payloads = []
            return
        }
        payloads = column.offsets.indices.dropLast().map { entry in
            Array(column.bytes[Int(column.offsets[entry])..<Int(column.offsets[entry + 1])])
        }
    }

    func letter(at row: Int, _ marks: [DeadLetterKey: DeadLetter.Mark]) -> DeadLetter {
        let key = DeadLetterKey(
            lane: text("lane", row) ?? "", offset: JournalOffset(UInt64(clamping: word("journal_offset", row) ?? 0)),
            readingIndex: word("reading_index", row).map { Int32(clamping: $0) })
        return DeadLetter(
            key: key, stream: text("stream", row), topic: text("topic", row) ?? "",
            arrival: EventTime(microsecondsSinceEpoch: word("ingest_time", row) ?? 0),
            reason: text("reason", row) ?? "", pointer: text("pointer", row), byteOffset: word("byte_offset", row),
            sentence: text("sentence", row) ?? "", schemaVersion: textOrNumber("schema_version", row),
            toldVersion: text("told_version", row),
            flags: MessageFlags(
                qualityOfService: UInt8(clamping: word("qos", row) ?? 0), isRetained: word("retained", row) == 1),
            payload: columns["payload"].map { payloads[Int($0.words[row])] } ?? [], lastMark: marks[key])
    }

    private func word(_ name: String, _ row: Int) -> Int64? {
        guard let column = columns[name], column.defined[row] == 1, !column.type.isByteArray else { return nil }
        return column.words[row]
    }

    private func text(_ name: String, _ row: Int) -> String? {
        guard let column = columns[name], column.type.isByteArray else { return nil }
        return column.text(at: row)
    }

    /// Versions were numbers before they were texts.
    private func textOrNumber(_ name: String, _ row: Int) -> String? {
        text(name, row) ?? word(name, row).map { String($0) }
    }
}

/// The columns of a segment of `dead_letter_marks`.
private struct MarkColumns {
    private let lanes, offsets, indices, marks, reasons, pointers, sentences, times, ownOffsets: ParquetColumnData
    private let counts: [ParquetColumnData]

    init(_ segment: SegmentReader) throws(TableError) {
        lanes = try segment.column("letter_lane")
        offsets = try segment.column("letter_offset")
        indices = try segment.column("reading_index")
        marks = try segment.column("mark")
        reasons = try segment.column("reason")
        pointers = try segment.column("pointer")
        sentences = try segment.column("sentence")
        times = try segment.column("ingest_time")
        ownOffsets = try segment.column("journal_offset")
        var counts: [ParquetColumnData] = []
        for name in ["stored", "duplicate", "refused"] { counts.append(try segment.column(name)) }
        self.counts = counts
    }

    /// Nil for a mark of a later version of this program.
    func mark(at row: Int) -> (DeadLetterKey, DeadLetter.Mark)? {
        guard let mark = marks.text(at: row).flatMap(DeadLetterMark.init) else { return nil }
        let key = DeadLetterKey(
            lane: lanes.text(at: row) ?? "", offset: JournalOffset(UInt64(clamping: offsets.words[row])),
            readingIndex: indices.defined[row] == 1 ? Int32(clamping: indices.words[row]) : nil)
        return (
            key,
            DeadLetter.Mark(
                mark: mark, time: EventTime(microsecondsSinceEpoch: times.words[row]),
                offset: JournalOffset(UInt64(clamping: ownOffsets.words[row])), stored: counts[0].words[row],
                duplicate: counts[1].words[row], refused: counts[2].words[row], reason: reasons.text(at: row),
                pointer: pointers.text(at: row), sentence: sentences.text(at: row))
        )
    }
}
