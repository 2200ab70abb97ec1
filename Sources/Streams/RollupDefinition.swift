package import Telemetry

/// What `rollups` of a stream's definition says of one rollup, with the places in the file.
///
/// Whether its columns exist and its conditions can be read is found out by the one that compiles it.
package struct RollupDefinition: Sendable {
    /// A measure and what it is made of.
    package struct Measure: Sendable {
        package let name: Located<String>
        package let kind: Kind
    }

    package enum Kind: Sendable {
        /// A number, the figures that are wanted of it, and for quantiles the width of the bins, where it was given.
        case quantity(column: Located<String>, figures: [Located<Figure>], step: Located<Decimal>?)
        /// How often a condition is true.
        case share(Located<String>)
        /// How many different values a column has.
        case distinct(Located<String>)
        case first(Located<String>)
        case last(Located<String>)
    }

    /// What is wanted of a quantity.
    package enum Figure: Hashable, Sendable {
        case count
        case sum
        case mean
        case minimum
        case maximum
        /// The value up to which so many percent lie.
        case quantile(percent: Double)
    }

    /// A number as it was written: `digits / 10^scale`.
    package struct Decimal: Hashable, Sendable {
        package let digits: Int64
        package let scale: Int

        package init(digits: Int64, scale: Int) {
            self.digits = digits
            self.scale = scale
        }
    }

    /// A second rollup by tile, device and day, from which shares of an area are worked out.
    package struct Tiles: Sendable {
        /// Of the web-mercator grid.
        package let zoom: Located<Int>
        /// The column that says who measured: one voice for each of its values.
        package let voice: Located<String>
    }

    package let file: String
    package let name: Located<String>
    package let keys: [Located<String>]
    package let windows: [Located<String>]
    package let measures: [Measure]
    /// Only readings for which this condition is true are taken.
    package let filter: Located<String>?
    package let tiles: Tiles?
    /// Where days of the windows begin.
    package let zone: CivilTimeZone

    /// An error at a place of the definition's file.
    package func error<Value>(at place: Located<Value>, _ message: String, fix: String) -> DefinitionError {
        DefinitionError(file: file, line: place.line, column: place.column, message: message, fix: fix)
    }
}

// MARK: Parsing

extension RollupDefinition {
    private static let keyNames = ["by", "windows", "measures", "where", "tiles", "zone"]
    private static let kindNames = ["of", "figures", "step", "share", "distinct", "first", "last"]
    /// The zone of both cities.
    private static let cityZone = "Asia/Ho_Chi_Minh"

    /// Reads all of `rollups`.
    static func definitions(_ node: DefinitionNode) throws(DefinitionError) -> [RollupDefinition] {
        var definitions: [RollupDefinition] = []
        for (key, value) in try node.members() { definitions.append(try RollupDefinition(key, value)) }
        return definitions
    }

    private init(_ key: DefinitionNode, _ node: DefinitionNode) throws(DefinitionError) {
        file = node.file
        name = key.located(try Self.word(key, "a rollup, which is part of that of its table"))
        let members = try node.members(known: Self.keyNames)
        guard let by = members["by"] else { throw node.missing("by", example: "by: [area, operator]") }
        guard let windows = members["windows"] else { throw node.missing("windows", example: "windows: [15m, 1d]") }
        guard let measures = members["measures"] else {
            throw node.missing("measures", example: "measures: { rsrp: [count, mean, p50] }")
        }
        keys = try Self.names(by)
        self.windows = try Self.names(windows)
        self.measures = try Self.measures(measures)
        filter = try members["where"].map { (filter) throws(DefinitionError) in filter.located(try filter.string()) }
        tiles = try members["tiles"].map { (tiles) throws(DefinitionError) in try Self.tiles(tiles) }
        if let zone = members["zone"] {
            self.zone = try zone.timeZone()
        } else {
            self.zone = try node.timeZone(named: Self.cityZone)
        }
    }

    private static func word(_ node: DefinitionNode, _ what: String) throws(DefinitionError) -> String {
        let text = node.text
        let isWord = text.utf8.enumerated().allSatisfy { index, byte in
            (0x61...0x7A).contains(byte) || (index > 0 && ((0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")))
        }
        guard isWord, !text.isEmpty, text.utf8.count <= 64 else {
            throw node.error(
                "`\(text)` cannot be the name of \(what)",
                fix: "Use small letters, digits and _, beginning with a letter, at most 64")
        }
        return text
    }

    /// Texts none of which stands twice.
    private static func names(_ node: DefinitionNode) throws(DefinitionError) -> [Located<String>] {
        var names: [Located<String>] = []
        for element in try node.elements() {
            let name = element.located(try element.string())
            guard !names.contains(where: { $0.value == name.value }) else {
                throw element.error("\(name.value) stands twice in `\(node.path)`", fix: "Remove one")
            }
            names.append(name)
        }
        return names
    }

    private static func tiles(_ node: DefinitionNode) throws(DefinitionError) -> Tiles {
        guard node.kind == .mapping else {
            return Tiles(zoom: node.located(try node.integer(in: 10...20)), voice: node.located("device"))
        }
        let members = try node.members(known: ["zoom", "voice"])
        guard let zoom = members["zoom"] else { throw node.missing("zoom", example: "zoom: 17") }
        let voice = try members["voice"].map { (voice) throws(DefinitionError) in voice.located(try voice.string()) }
        return Tiles(zoom: zoom.located(try zoom.integer(in: 10...20)), voice: voice ?? node.located("device"))
    }

    // MARK: Measures

    private static func measures(_ node: DefinitionNode) throws(DefinitionError) -> [Measure] {
        var measures: [Measure] = []
        for (key, value) in try node.members() {
            let name = key.located(try word(key, "a measure, which is part of those of its columns"))
            measures.append(Measure(name: name, kind: try kind(value, name: name)))
        }
        guard !measures.isEmpty else {
            throw node.error("`\(node.path)` is empty", fix: "Name at least one measure, such as rsrp: [count, mean]")
        }
        return measures
    }

    private static func kind(_ node: DefinitionNode, name: Located<String>) throws(DefinitionError) -> Kind {
        if node.kind == .list { return .quantity(column: name, figures: try figures(node), step: nil) }
        let members = try node.members(known: kindNames)
        func text(_ key: String) throws(DefinitionError) -> Located<String>? {
            guard let member = members[key] else { return nil }
            return member.located(try member.string())
        }
        let others = members.keys.filter { !["of", "figures", "step"].contains($0) }
        guard others.count + (members["figures"] == nil ? 0 : 1) == 1 else {
            throw node.error(
                "`\(node.path)` must say one of figures, share, distinct, first and last",
                fix: "Write a list of figures such as [count, mean, p50], or for example { share: rsrp >= -105 }")
        }
        if let condition = try text("share") { return .share(condition) }
        if let column = try text("distinct") { return .distinct(column) }
        if let column = try text("first") { return .first(column) }
        if let column = try text("last") { return .last(column) }
        guard let list = members["figures"] else { throw node.missing("figures", example: "figures: [count, mean]") }
        let step = try members["step"].map { (step) throws(DefinitionError) in step.located(try decimal(step)) }
        return .quantity(column: try text("of") ?? name, figures: try figures(list), step: step)
    }

    private static func figures(_ node: DefinitionNode) throws(DefinitionError) -> [Located<Figure>] {
        var figures: [Located<Figure>] = []
        for element in try node.elements() {
            guard let figure = Figure(text: element.text) else {
                throw element.error(
                    "`\(element.text)` is no figure of a quantity",
                    fix: "Known are count, sum, mean, min, max, median and quantiles such as p5, p95 and p99.9")
            }
            figures.append(element.located(figure))
        }
        guard !figures.isEmpty else {
            throw node.error("`\(node.path)` is empty", fix: "Name at least one figure, such as mean")
        }
        return figures
    }

    private static func decimal(_ node: DefinitionNode) throws(DefinitionError) -> Decimal {
        let parts = node.text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        let isNumber = parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { 48...57 ~= $0 } }
        guard isNumber, fraction.utf8.count <= 9, let digits = Int64(parts[0] + fraction), digits > 0 else {
            throw node.error(
                "`\(node.path)` must be a number above 0", fix: "Write the width of a bin, such as 1 or 0.5")
        }
        return Decimal(digits: digits, scale: fraction.utf8.count)
    }
}

extension RollupDefinition.Figure {
    fileprivate init?(text: String) {
        switch text {
        case "count": self = .count
        case "sum": self = .sum
        case "mean": self = .mean
        case "min": self = .minimum
        case "max": self = .maximum
        case "median": self = .quantile(percent: 50)
        default:
            guard text.utf8.first == UInt8(ascii: "p"), let percent = Double(text.dropFirst()),
                (0...100).contains(percent)
            else { return nil }
            self = .quantile(percent: percent)
        }
    }
}
