import Payloads

/// A `stream.yaml` as it is written, checked by itself; what needs the schema is checked by `StreamPlan`.
struct StreamDefinition {
    /// Where readings come from.
    struct Source {
        let topic: Located<TopicFilter>
        let format: PayloadFormat
    }

    /// The members that say where a reading was taken.
    struct Place {
        var latitude: Located<String>?
        var longitude: Located<String>?
        var ward: Located<String>?
    }

    /// A value that stands for "no value".
    struct Sentinel {
        let member: Located<String>
        let double: Double
        let integer: Int64?
    }

    let file: String
    let name: Located<String>
    let englishTitle: String
    let vietnameseTitle: String
    let schemaFile: Located<String>
    let time: Located<String>
    let identity: [Located<String>]
    let duplicateWindow: Int64
    let futureLimit: Int64
    let pastLimit: Int64
    let place: Place
    let sources: [Source]
    let sentinels: [Sentinel]
    let precision: [(member: Located<String>, digits: Int)]
    let sort: [Located<String>]?

    private static let keys = [
        "stream", "title", "schema", "time", "identity", "duplicate_window", "clock", "place", "sources", "missing",
        "precision", "sort",
    ]

    init(parsing text: String, file: String) throws(DefinitionError) {
        let root = try DefinitionNode(parsing: text, file: file)
        let members = try root.members(known: Self.keys)
        func required(_ key: String, _ example: String) throws(DefinitionError) -> DefinitionNode {
            guard let node = members[key] else { throw root.missing(key, example: example) }
            return node
        }
        self.file = file
        name = try Self.name(required("stream", "stream: coverage"))
        (englishTitle, vietnameseTitle) = try Self.title(
            required("title", "title: { en: Coverage, vi: Vùng phủ sóng }"))
        let schema = try required("schema", "schema: v1.schema.json")
        schemaFile = schema.located(try schema.string())
        time = try required("time", "time: /ts").memberName()
        identity = try Self.memberNames(required("identity", "identity: [/device, /ts]"))
        duplicateWindow = try required("duplicate_window", "duplicate_window: 1h").duration()
        (futureLimit, pastLimit) = try Self.clock(required("clock", "clock: { future: 5m, past: 30d }"))
        place = try members["place"].map(Self.place) ?? Place()
        sources = try Self.sources(required("sources", "sources: [{ topic: telemetry/+/coverage/+, format: json }]"))
        sentinels = try members["missing"].map(Self.sentinels) ?? []
        precision = try members["precision"].map(Self.precision) ?? []
        sort = try members["sort"].map(Self.memberNames)
    }

    /// An error at a place of this file.
    func error<Value>(at place: Located<Value>, _ message: String, fix: String) -> DefinitionError {
        DefinitionError(file: file, line: place.line, column: place.column, message: message, fix: fix)
    }

    // MARK: Parts

    private static func name(_ node: DefinitionNode) throws(DefinitionError) -> Located<String> {
        let name = try node.string()
        let isWord = name.utf8.enumerated().allSatisfy { index, byte in
            (0x61...0x7A).contains(byte) || (index > 0 && ((0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")))
        }
        guard isWord, name.utf8.count <= 64 else {
            throw node.error(
                "`\(name)` cannot be the name of a stream, which is also that of its table",
                fix: "Use small letters, digits and _, beginning with a letter, at most 64")
        }
        let reserved = ["ledger", "dead_letters", "dead_letter_marks", "sparkplug_births", "kpi"]
        guard !reserved.contains(name), !name.hasPrefix("rollup_") else {
            throw node.error("the table name `\(name)` belongs to the pipeline", fix: "Choose another name")
        }
        return node.located(name)
    }

    private static func title(_ node: DefinitionNode) throws(DefinitionError) -> (String, String) {
        let members = try node.members(known: ["en", "vi"])
        guard let english = members["en"] else { throw node.missing("en", example: "en: Coverage") }
        guard let vietnamese = members["vi"] else { throw node.missing("vi", example: "vi: Vùng phủ sóng") }
        return (try english.string(), try vietnamese.string())
    }

    private static func memberNames(_ node: DefinitionNode) throws(DefinitionError) -> [Located<String>] {
        var names: [Located<String>] = []
        for element in try node.elements() {
            let name = try element.memberName()
            guard !names.contains(where: { $0.value == name.value }) else {
                throw element.error("/\(name.value) stands twice in `\(node.path)`", fix: "Remove one")
            }
            names.append(name)
        }
        guard !names.isEmpty else {
            throw node.error("`\(node.path)` is empty", fix: "Name at least one member, such as /device")
        }
        return names
    }

    private static func clock(_ node: DefinitionNode) throws(DefinitionError) -> (Int64, Int64) {
        let members = try node.members(known: ["future", "past"])
        guard let future = members["future"] else { throw node.missing("future", example: "future: 5m") }
        guard let past = members["past"] else { throw node.missing("past", example: "past: 30d") }
        return (try future.duration(), try past.duration())
    }

    private static func place(_ node: DefinitionNode) throws(DefinitionError) -> Place {
        let members = try node.members(known: ["latitude", "longitude", "ward"])
        var place = Place()
        place.latitude = try members["latitude"]?.memberName()
        place.longitude = try members["longitude"]?.memberName()
        place.ward = try members["ward"]?.memberName()
        guard (place.latitude == nil) == (place.longitude == nil) else {
            throw node.error("`place` has only one of latitude and longitude", fix: "Give both or neither")
        }
        return place
    }

    private static func sources(_ node: DefinitionNode) throws(DefinitionError) -> [Source] {
        var sources: [Source] = []
        for element in try node.elements() {
            let members = try element.members(known: ["topic", "format"])
            guard let topic = members["topic"] else {
                throw element.missing("topic", example: "topic: telemetry/+/coverage/+")
            }
            guard let format = members["format"] else { throw element.missing("format", example: "format: json") }
            let text = try topic.string()
            let filter: TopicFilter
            do throws(TopicFilterError) {
                filter = try TopicFilter(text)
            } catch {
                throw topic.error("the topic filter `\(text)` \(error.problem)", fix: error.fix)
            }
            guard let payloadFormat = PayloadFormat(rawValue: try format.string()), payloadFormat == .json else {
                throw format.error(
                    "the payload format `\(format.text)` is not supported", fix: "Supported: json")
            }
            sources.append(Source(topic: topic.located(filter), format: payloadFormat))
        }
        guard !sources.isEmpty else {
            throw node.error("`sources` is empty", fix: "Name at least one topic filter")
        }
        return sources
    }

    private static func sentinels(_ node: DefinitionNode) throws(DefinitionError) -> [Sentinel] {
        var sentinels: [Sentinel] = []
        for (key, list) in try node.members() {
            let member = try key.memberName()
            for element in try list.elements() {
                let number = try element.number()
                sentinels.append(Sentinel(member: member, double: number.double, integer: number.integer))
            }
        }
        return sentinels
    }

    private static func precision(_ node: DefinitionNode) throws(DefinitionError) -> [(Located<String>, Int)] {
        var precision: [(Located<String>, Int)] = []
        for (key, digits) in try node.members() {
            // 9: a nanometre in a metre; more digits than any sensor gives, and room for nine before the point.
            precision.append((try key.memberName(), try digits.integer(in: 0...9)))
        }
        return precision
    }
}
