import ArgumentParser
import Geography
import Pipeline
import Streams
import Telemetry

/// Where the stream definitions are.
struct SchemaOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder with streams and areas.", valueName: "folder"))
    var schemas = "Schemas"

    /// What is wrong when there are no definitions.
    func missing() -> CommandFailure {
        .usage(
            "There are no stream definitions in \(schemas): no folder \(schemas)/streams. Run this in the project's "
                + "folder, or give --schemas FOLDER.")
    }

    /// All streams that are defined there.
    func catalog() throws(CommandFailure) -> StreamCatalog {
        guard InputFile.exists("\(schemas)/streams") else { throw missing() }
        do throws(DefinitionError) {
            return try StreamCatalog.load("\(schemas)/streams")
        } catch {
            throw .usage("\(error)")
        }
    }
}

extension SchemaOptions {
    /// The areas that readings of the stream are assigned to.
    func areas(for plan: StreamPlan) throws(CommandFailure) -> AreaReference {
        guard plan.place.derived != nil else { return .none }
        return try .loadForCommand(folder: "\(schemas)/areas")
    }
}

extension AreaReference {
    /// As `load`; a mistake in a file ends the command.
    static func loadForCommand(folder: String, further: [String] = []) throws(CommandFailure) -> AreaReference {
        do throws(AreaError) {
            return try load(folder: folder, further: further)
        } catch {
            throw .usage("\(error)")
        }
    }
}

extension RunConfiguration {
    var areasFolder: String { "\(schemas)/areas" }

    /// The areas that readings are assigned to.
    func loadAreas() throws(CommandFailure) -> AreaReference {
        try .loadForCommand(folder: areasFolder, further: areas)
    }
}

extension StreamCatalog {
    /// The index of the stream called `name`.
    func index(of name: String) throws(CommandFailure) -> Int {
        guard let index = streams.firstIndex(where: { $0.name == name }) else {
            throw .usage("There is no stream \(name); there are \(streams.map(\.name).joined(separator: ", ")).")
        }
        return index
    }
}
