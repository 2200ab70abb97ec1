/// What a simulation sent, to compare with what arrived.
struct SimulationTruth: Equatable, Sendable {
    struct Counts: Equatable, Sendable {
        /// Messages in all.
        var messages = 0
        /// Good readings, each counted once.
        var readings = 0
        /// Good readings that were sent a second time.
        var duplicates = 0
        /// Good readings, among `readings`, with a time before those of their neighbours.
        var late = 0
        /// Messages that have to be refused, by the reason they have to be refused for.
        var bad: [Defect: Int] = [:]

        static func += (left: inout Counts, right: Counts) {
            left.messages += right.messages
            left.readings += right.readings
            left.duplicates += right.duplicates
            left.late += right.late
            left.bad.merge(right.bad, uniquingKeysWith: +)
        }
    }

    let seed: UInt64
    var streams: [SimulatedStream: Counts] = [:]

    var total: Counts {
        streams.values.reduce(into: Counts()) { $0 += $1 }
    }

    /// The truth as a JSON document with sorted members, one count a line.
    var json: String {
        var lines = ["{", "  \"seed\": \(seed),", "  \"streams\": {"]
        let present = SimulatedStream.allCases.filter { streams[$0] != nil }
        for (position, stream) in present.enumerated() {
            lines.append("    \"\(stream.rawValue)\": {")
            lines += Self.members(of: streams[stream] ?? Counts(), indentedBy: "      ")
            lines.append(position + 1 < present.count ? "    }," : "    }")
        }
        lines.append("  },")
        lines.append("  \"total\": {")
        lines += Self.members(of: total, indentedBy: "    ")
        lines += ["  }", "}", ""]
        return lines.joined(separator: "\n")
    }

    private static func members(of counts: Counts, indentedBy indent: String) -> [String] {
        let bad = Defect.allCases.compactMap { defect in
            counts.bad[defect].map { "\"\(defect.rawValue)\": \($0)" }
        }
        return [
            "\(indent)\"messages\": \(counts.messages),",
            "\(indent)\"readings\": \(counts.readings),",
            "\(indent)\"duplicates\": \(counts.duplicates),",
            "\(indent)\"late\": \(counts.late),",
            "\(indent)\"bad\": {\(bad.joined(separator: ", "))}",
        ]
    }
}
