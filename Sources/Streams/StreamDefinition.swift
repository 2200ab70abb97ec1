import Payloads

/// A `stream.yaml` as it is written, checked by itself; what needs the schema is checked by `StreamPlan`.
struct StreamDefinition {
    /// The members that say where a reading was taken.
    struct Place {
        var latitude: Located<String>?
        var longitude: Located<String>?
        var ward: Located<String>?

        var isEmpty: Bool { latitude == nil && ward == nil }
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
    /// The member in which a message says the version of its schema.
    let versionMember: Located<String>?
    let sources: [SourceDefinition]
    let sentinels: [Sentinel]
    let precision: [(member: Located<String>, digits: Int)]
    let sort: [Located<String>]?
    let rollups: [RollupDefinition]

    private static let keys = [
        "stream", "title", "schema", "version", "time", "identity", "duplicate_window", "clock", "place", "sources",
        "missing", "precision", "sort", "rollups",
    ]

    /// - Throws: the first thing that is wrong.
    init(parsing text: String, file: String) throws(DefinitionError) {
        var errors: [DefinitionError] = []
        guard let definition = StreamDefinition(parsing: text, file: file, errors: &errors) else {
            throw errors.first
                ?? DefinitionError(file: file, message: "the definition cannot be used", fix: "Correct it")
        }
        self = definition
    }

    /// Nil when something is wrong; `errors` then gets all that can be said at once, in the order of the file, and last
    /// what is missing.
    init?(parsing text: String, file: String, errors: inout [DefinitionError]) {
        var found: [DefinitionError] = []
        // Last, because a key that is missing may only be misspelled.
        var missing: [DefinitionError] = []
        defer { errors += found.sorted { ($0.line, $0.column) < ($1.line, $1.column) } + missing }
        var top: (root: DefinitionNode, members: [String: DefinitionNode])?
        do throws(DefinitionError) {
            let root = try DefinitionNode(parsing: text, file: file)
            top = (root, try root.members(known: Self.keys, errors: &found))
        } catch {
            found.append(error)
        }
        guard let top else { return nil }
        func required<Value>(
            _ key: String, _ example: String, _ read: (DefinitionNode) throws(DefinitionError) -> Value
        ) -> Value? {
            guard let node = top.members[key] else {
                missing.append(top.root.missing(key, example: example))
                return nil
            }
            return DefinitionError.collect(into: &found) { () throws(DefinitionError) in try read(node) }
        }
        func optional<Value>(_ key: String, _ read: (DefinitionNode) throws(DefinitionError) -> Value) -> Value? {
            guard let node = top.members[key] else { return nil }
            return DefinitionError.collect(into: &found) { () throws(DefinitionError) in try read(node) }
        }
        self.file = file
        let name = required("stream", "stream: coverage", Self.name)
        let title = required("title", "title: { en: Coverage, vi: Vùng phủ sóng }", Self.title)
        let schema = required("schema", "schema: v1.schema.json") { (node) throws(DefinitionError) in
            node.located(try node.string())
        }
        let time = required("time", "time: /ts") { (node) throws(DefinitionError) in try node.memberName() }
        let identity = required("identity", "identity: [/device, /ts]", Self.memberNames)
        let window = required("duplicate_window", "duplicate_window: 1h") { (node) throws(DefinitionError) in
            try node.duration()
        }
        let clock = required("clock", "clock: { future: 5m, past: 30d }", Self.clock)
        place = optional("place", Self.place) ?? Place()
        versionMember = optional("version") { (node) throws(DefinitionError) in try node.memberName() }
        sentinels = optional("missing", Self.sentinels) ?? []
        precision = optional("precision", Self.precision) ?? []
        sort = optional("sort", Self.memberNames)
        rollups = optional("rollups", RollupDefinition.definitions) ?? []
        let elements = required("sources", "sources: [{ topic: telemetry/+/coverage/+, format: json }]", Self.elements)
        sources = (elements ?? []).compactMap { SourceDefinition($0, errors: &found) }
        Self.checkOverlaps(sources, in: file, errors: &found)
        guard found.isEmpty, missing.isEmpty, let name, let title, let schema, let time, let identity, let window,
            let clock
        else {
            return nil
        }
        (self.name, self.time, self.identity, schemaFile) = (name, time, identity, schema)
        (englishTitle, vietnameseTitle) = title
        duplicateWindow = window
        (futureLimit, pastLimit) = clock
    }

    /// An error at a place of this file.
    func error<Value>(at place: Located<Value>, _ message: String, fix: String) -> DefinitionError {
        DefinitionError(file: file, line: place.line, column: place.column, message: message, fix: fix)
    }

    // MARK: Parts

    private static func name(_ node: DefinitionNode) throws(DefinitionError) -> Located<String> {
        let name = try node.string()
        if let fault = StreamName.fault(in: name) { throw node.error(fault.message, fix: fault.fix) }
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

    private static func elements(_ node: DefinitionNode) throws(DefinitionError) -> [DefinitionNode] {
        let elements = try node.elements()
        guard !elements.isEmpty else {
            throw node.error("`sources` is empty", fix: "Name at least one topic filter")
        }
        return elements
    }

    /// A topic belongs to one source, which says how its payloads are read.
    private static func checkOverlaps(
        _ sources: [SourceDefinition], in file: String, errors: inout [DefinitionError]
    ) {
        for (index, source) in sources.enumerated() {
            for other in sources[..<index] where source.topic.value.overlaps(other.topic.value) {
                errors.append(
                    DefinitionError(
                        file: file, line: source.topic.line, column: source.topic.column,
                        message: "`\(source.topic.value.text)` shares topics with `\(other.topic.value.text)` in line "
                            + "\(other.topic.line)",
                        fix: "Change one of the filters so that every topic belongs to one source"))
            }
        }
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
