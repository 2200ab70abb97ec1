import ArgumentParser
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

extension StreamCatalog {
    /// The index of the stream called `name`.
    func index(of name: String) throws(CommandFailure) -> Int {
        guard let index = streams.firstIndex(where: { $0.name == name }) else {
            throw .usage("There is no stream \(name); there are \(streams.map(\.name).joined(separator: ", ")).")
        }
        return index
    }
}
