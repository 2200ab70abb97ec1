import JSONDocument
import Payloads
import Streams
import Telemetry

/// The files of a stream to begin with.
struct StreamScaffold {
    /// A file to write, by its path from the stream's folder.
    struct File {
        let path: String
        let bytes: [UInt8]
    }

    let name: String
    let topicFilter: String
    let survey: SampleSurvey
    private let fields: [ScaffoldField]
    private let time: ScaffoldTime
    private let identity: [String]

    /// What the members are called that mostly tell devices apart, and readings of one device.
    private static let deviceNames = [
        "device", "device_id", "deviceid", "dev_eui", "deveui", "sensor", "sensor_id", "sensorid", "station", "node",
        "serial", "imei", "mac", "id", "name",
    ]
    private static let sequenceNames = ["seq", "sequence", "fcnt", "f_cnt", "counter", "msg_id", "message_id"]

    init(name: String, topicFilter: String, survey: SampleSurvey, zone: String) {
        self.name = name
        self.topicFilter = topicFilter
        self.survey = survey
        time = ScaffoldTime(survey, zone: zone)
        var fields = ScaffoldField.fields(of: survey, except: time)
        let device = Self.find(Self.deviceNames, among: fields) { $0.isText || $0.isInteger }
        if device == nil, let level = Self.deviceLevel(of: topicFilter) {
            fields.insert(ScaffoldField(name: "device", topicLevel: level), at: 0)
        }
        let sequence = Self.find(Self.sequenceNames, among: fields, where: \.isInteger)
        let main = device ?? (fields.first.flatMap { $0.topicLevel == nil ? nil : $0.name })
        for index in fields.indices where fields[index].name == main { fields[index].isRequired = true }
        self.fields = fields
        identity = [main, time.name, sequence].compactMap { $0 }
    }

    private static func find(
        _ names: [String], among fields: [ScaffoldField], where isFit: (SampleSurvey.Member) -> Bool
    ) -> String? {
        for name in names {
            let field = fields.first {
                $0.name.lowercased() == name && $0.member.map(isFit) ?? false && $0.isAlwaysThere
            }
            if let field { return field.name }
        }
        return nil
    }

    /// The last level of the filter that is any one, from 1: the device, by custom.
    private static func deviceLevel(of filter: String) -> Int? {
        filter.split(separator: "/", omittingEmptySubsequences: false).lastIndex(of: "+").map { $0 + 1 }
    }

    // MARK: Files

    /// The definition, the schema and examples from the samples.
    func files(_ payloads: [[UInt8]]) throws(CommandFailure) -> [File] {
        let examples = try examples(payloads)
        var files = [
            File(path: "stream.yaml", bytes: Array(definition.utf8)),
            File(path: "v1.schema.json", bytes: Array(schema.utf8)),
            File(path: "examples/expect.yaml", bytes: Array(expectations(examples).utf8)),
        ]
        for (index, example) in examples.enumerated() {
            files.append(
                File(path: "examples/valid/sample-\(index + 1).json", bytes: Array((example.record + "\n").utf8)))
            if isMapped {
                files.append(File(path: "examples/payloads/\(payloadName(index))", bytes: example.payload))
            }
        }
        return files
    }

    /// What to do next, for people.
    func summary(folder: String, files: [String]) -> [String] {
        let device = identity.first { $0 != time.name }
        return [
            "Read \(Format.counted(survey.payloadCount, "payload")) as \(survey.format.rawValue): "
                + "\(Format.counted(survey.recordCount, "record")), \(Format.counted(survey.refusedCount, "refusal")).",
            "Time: /\(time.name)\(time.explanation). Identity: \(identity.map { "/\($0)" }.joined(separator: ", "))."
                + (device == nil ? " No member tells devices apart: add one to `identity`." : ""),
            "Wrote into \(folder): \(files.joined(separator: ", ")).",
            "Now set titles, limits and units, then run phusa check.",
        ]
    }

    private var isMapped: Bool { survey.format != .json || !mapLines.isEmpty }

    private var mapLines: [String] { time.mapLines + fields.compactMap(\.mapLine) }

    private var definition: String {
        var lines = [
            "stream: \(name)",
            "title: { en: \(title), vi: \(title) } # to be translated",
            "schema: v1.schema.json",
            "time: /\(time.name)\(time.others.isEmpty ? "" : " # or \(Self.list(time.others))")",
            "identity: [\(identity.map { "/\($0)" }.joined(separator: ", "))] # the same identity again is a duplicate",
            "duplicate_window: 1h",
            "clock: { future: 5m, past: 30d }",
        ]
        if fields.contains(where: { $0.name == "lat" }), fields.contains(where: { $0.name == "lon" }) {
            lines.append("place: { latitude: /lat, longitude: /lon }")
        }
        // In quotes: # begins a comment, and other characters mean something too.
        lines += [
            "sources:", "  - topic: \(JSONTree.string(topicFilter).text)", "    format: \(survey.format.rawValue)",
        ]
        if !mapLines.isEmpty {
            lines.append("    map: # member of the reading: where it comes from")
            lines += mapLines.map { "      \($0)" }
            lines.append("    rest: keep # or drop: members that map does not name")
        }
        let nested = survey.members.filter { $0.otherCount > 0 }.map(\.name)
        if !nested.isEmpty {
            lines.append(
                "# Objects and lists are kept as JSON text: \(Self.list(nested)). Pick single values out of them with")
            lines.append("# map, such as { /temperature: \(nested[0]).temperature }.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var title: String {
        let words = name.replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private static func list(_ names: [String]) -> String { names.map { "/\($0)" }.joined(separator: ", ") }

    private var schema: String {
        var properties = [time.property]
        properties += fields.map { $0.property(recordCount: survey.recordCount) }
        let required = [time.name] + fields.filter(\.isRequired).map(\.name)
        return """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "$id": "urn:phusa:schema:\(name):1",
              "title": \(JSONTree.string(title).text),
              "type": "object",
              "required": [\(required.map { JSONTree.string($0).text }.joined(separator: ", "))],
              "properties": {
            \(properties.joined(separator: ",\n"))
              }
            }

            """
    }

    // MARK: Examples

    private struct Example {
        let payload: [UInt8]
        let record: String
        let time: EventTime
        let storedCount: Int
        let refused: [String]
    }

    /// 3: enough to see what readings look like.
    private static let mostExamples = 3

    /// Payloads whose records all have a time near the newest, with the first record of each.
    private func examples(_ payloads: [[UInt8]]) throws(CommandFailure) -> [Example] {
        let rules = try rules
        var examples: [Example] = []
        let arrival = EventTime.now
        for payload in payloads.prefix(200) {
            var reader = RecordReader(survey.format, rules)
            let outcomes = reader.read(payload, topic: survey.topic, arrival: arrival)
            var records: [String] = []
            var refused: [String] = []
            for outcome in outcomes {
                switch outcome {
                case .reading(let record): records.append(record)
                case .refused(let refusal): refused.append(refusal.reason.rawValue)
                }
            }
            let times = records.map { time.read($0) }
            guard let first = records.first, let newest = times.compactMap({ $0 }).max(), !times.contains(nil) else {
                continue
            }
            examples.append(
                Example(payload: payload, record: first, time: newest, storedCount: records.count, refused: refused))
        }
        guard let newest = examples.map(\.time).max() else { return [] }
        // The clock allows 30 days.
        let oldest = newest.microsecondsSinceEpoch - 29 * 86_400_000_000
        return Array(examples.filter { $0.time.microsecondsSinceEpoch > oldest }.prefix(Self.mostExamples))
    }

    private var rules: SourceRules {
        get throws(CommandFailure) {
            guard !mapLines.isEmpty else { return SourceRules() }
            let text = "map:\n" + mapLines.map { "  \($0)\n" }.joined()
            do throws(DefinitionError) {
                return try SourceRules(parsing: text, file: "stream.yaml", survey.format)
            } catch {
                throw .failure("The mapping that was made up is wrong: \(error)")
            }
        }
    }

    private func expectations(_ examples: [Example]) -> String {
        var lines = ["# What becomes of the examples when they arrive at this moment; phusa check reads it."]
        if let newest = examples.map(\.time).max() {
            lines.append("arrival: \(EventTime(microsecondsSinceEpoch: newest.microsecondsSinceEpoch + 1_000_000))")
        }
        guard isMapped, !examples.isEmpty else { return lines.joined(separator: "\n") + "\n" }
        lines.append("payloads: # as the fleet sends them")
        for (index, example) in examples.enumerated() {
            var parts = ["topic: \(JSONTree.string(survey.topic).text)", "stored: \(example.storedCount)"]
            if !example.refused.isEmpty { parts.append("refused: [\(example.refused.joined(separator: ", "))]") }
            lines.append("  \(payloadName(index)): { \(parts.joined(separator: ", ")) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func payloadName(_ index: Int) -> String {
        let isBinary = [PayloadFormat.cbor, .senmlCBOR, .sparkplug].contains(survey.format)
        return "sample-\(index + 1).\(isBinary ? "bin" : "json")"
    }
}
