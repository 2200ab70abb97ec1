import JSONDocument
import Telemetry

/// What `phusa publish` says at its end.
struct PublicationSummary {
    let counts: PublicationCounts
    let shift: Duration

    func print(_ format: OutputFormat) {
        switch format {
        case .json: Swift.print(json)
        case .table: for line in table.linesForStandardOutput { Swift.print(line) }
        }
    }

    private func shifted(_ time: EventTime?) -> String? {
        time.map { $0.advanced(by: shift).description }
    }

    private var table: TextTable {
        var table = TextTable([
            .init("rows", .right), .init("published", .right), .init("filtered", .right), .init("left out", .right),
            .init("earliest"), .init("latest"),
        ])
        table.add([
            .init(counts.rows), .init(counts.published), .init(counts.filtered),
            .init(Format.count(counts.bad), tint: counts.bad > 0 ? .warning : nil),
            .init(shifted(counts.firstTime) ?? "-"), .init(shifted(counts.lastTime) ?? "-"),
        ])
        return table
    }

    private var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, count) in [
            ("rows", counts.rows), ("published", counts.published), ("filtered", counts.filtered),
            ("left_out", counts.bad),
        ] {
            writer.name(name)
            writer.integer(count)
        }
        for (name, time) in [("earliest", counts.firstTime), ("latest", counts.lastTime)] {
            writer.name(name)
            if let text = shifted(time) { writer.string(text) } else { writer.null() }
        }
        writer.name("shift_seconds")
        writer.double(Double(shift.microseconds) * 1e-6)
        writer.endObject()
        return writer.text
    }
}
