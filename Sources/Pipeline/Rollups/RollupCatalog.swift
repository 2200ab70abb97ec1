package import Rollups
package import Streams

/// The rollups of all streams, compiled.
package struct RollupCatalog: Sendable {
    /// A rollup and the stream whose readings it gathers.
    package struct Entry: Sendable {
        /// The index of the stream in its catalog.
        package let stream: Int
        package let plan: RollupPlan
        /// The rollup in the definition, which is that of `plan` or has it as its tiles.
        package let definition: RollupDefinition
        /// Nil but for tiles, which are gathered for coverage.
        package let tiles: RollupDefinition.Tiles?
    }

    package let entries: [Entry]

    package static let none = RollupCatalog(entries: [])

    private init(entries: [Entry]) { self.entries = entries }

    /// Compiles the rollups of a catalog.
    ///
    /// - Throws: the first thing that is wrong, with file and line.
    package init(_ catalog: StreamCatalog) throws(DefinitionError) {
        var errors: [DefinitionError] = []
        self.init(catalog, errors: &errors)
        if let error = errors.first { throw error }
    }

    /// Compiles what can be compiled; `errors` gets what cannot.
    package init(_ catalog: StreamCatalog, errors: inout [DefinitionError]) {
        var entries: [Entry] = []
        for (index, stream) in catalog.streams.enumerated() {
            for definition in stream.rollups {
                let compiler = RollupCompiler(definition, stream: stream)
                let plans = compiler.compile(errors: &errors)
                for (plan, tiles) in plans {
                    if let other = entries.first(where: { $0.plan.name == plan.name }) {
                        errors.append(
                            definition.error(
                                at: definition.name,
                                "the table rollup_\(plan.name) belongs to the rollup in \(other.definition.file):"
                                    + "\(other.definition.name.line)",
                                fix: "Give one of them another name"))
                        continue
                    }
                    entries.append(Entry(stream: index, plan: plan, definition: definition, tiles: tiles))
                }
            }
        }
        self.entries = entries
    }

    /// The rollup called `name`.
    package func rollup(named name: String) -> Entry? { entries.first { $0.plan.name == name } }

    /// Those of one stream.
    package func rollups(ofStream index: Int) -> [Entry] { entries.filter { $0.stream == index } }
}
