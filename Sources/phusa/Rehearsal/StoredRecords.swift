import DeltaLake
import DurableFiles
import JSONDocument
import Parquet
import Pipeline
import Streams
import Telemetry

/// The rows of a stream's table as the records that they were, judged by a new schema.
struct StoredRecords {
    private let plan: StreamPlan
    private let new: StreamPlan
    private let directory: String
    private let since: EventTime

    init(_ active: StreamPlan, new: StreamPlan, data: String, since: EventTime) {
        plan = active
        self.new = new
        directory = "\(data)/tables/\(active.name)"
        self.since = since
    }

    func judge(into rehearsal: inout Rehearsal) throws(CommandFailure) {
        guard let files = try files() else { return }
        var judge = RecordJudge(new)
        for path in files {
            do throws(TableError) {
                let segment = try SegmentReader(SystemFileStore(), "\(directory)/\(path)", table: plan.name)
                try self.judge(segment, with: &judge, into: &rehearsal)
            } catch {
                throw .failure("\(error)")
            }
        }
    }

    /// The files that can have rows of the time; nil when there is no table yet.
    private func files() throws(CommandFailure) -> [String]? {
        do throws(DeltaError) {
            let snapshot = try DeltaTable(opening: LocalLogStore(tablePath: directory)).snapshot
            var paths: [String] = []
            for file in snapshot.files {
                if case .timestamp(let latest)? = try file.statistics(schema: snapshot.schema)?
                    .column("ingest_time")?.maximum, latest < since.microsecondsSinceEpoch
                {
                    continue
                }
                paths.append(file.path)
            }
            return paths.sorted()
        } catch .notATable {
            return nil
        } catch {
            throw .failure("The table \(plan.name) cannot be read: \(error).")
        }
    }

    private func judge(
        _ segment: SegmentReader, with judge: inout RecordJudge, into rehearsal: inout Rehearsal
    ) throws(TableError) {
        let arrivals = try segment.column("ingest_time").words
        var columns: [(column: Int, data: ParquetColumnData)] = []
        for column in 0...plan.extraColumn {
            guard segment.reader.schema.index(of: plan.columns[column].name) != nil else { continue }
            columns.append((column, try segment.column(plan.columns[column].name)))
        }
        let member = rehearsal.grouping.member(device: plan.deviceMember)
        let group = columns.first { plan.columns[$0.column].name == member }?.data
        for row in arrivals.indices where arrivals[row] >= since.microsecondsSinceEpoch {
            let text = record(row, columns)
            rehearsal.judge(
                .stored, group: rehearsal.grouping.group(value: group?.text(row), topic: nil),
                refusal: judge.refusal(of: text), example: String(decoding: text, as: UTF8.self))
        }
    }

    /// A row as JSON: members without a value are left out, those that no schema names stand beside the others.
    private func record(_ row: Int, _ columns: [(column: Int, data: ParquetColumnData)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (column, data) in columns where column != plan.extraColumn && data.defined[row] == 1 {
            writer.name(plan.columns[column].name)
            if data.type.isByteArray {
                guard let bytes = data.byteString(at: row).map({ Array($0) }) else { continue }
                // Safe: UInt8 has no padding.
                if plan.isJSONText(column: column) {
                    unsafe writer.raw(bytes.span.bytes)
                } else {
                    unsafe writer.string(bytes.span.bytes)
                }
            } else {
                RowJSON.write(data.words[row], nil, plan.columns[column].type, to: &writer)
            }
        }
        writer.endObject()
        guard let extra = columns.last(where: { $0.column == plan.extraColumn })?.data.byteString(at: row),
            extra.count > 2
        else { return writer.bytes }
        // Two objects made one: `{"a":1` and `,"b":2}`.
        let own = writer.bytes.dropLast()
        return own + (own.count > 1 ? [UInt8(ascii: ",")] : []) + extra.dropFirst()
    }
}

extension StreamPlan {
    /// The member that comes first in a reading's identity, which is the device.
    var deviceMember: String? { identity.columns.first.map { columns[$0].name } }
}

extension ParquetColumnData {
    /// The cell as text for people; nil for null.
    func text(_ row: Int) -> String? {
        guard defined[row] == 1 else { return nil }
        return byteString(at: row).map { String(decoding: $0, as: UTF8.self) } ?? String(words[row])
    }
}
