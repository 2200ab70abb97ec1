import ArgumentParser
import DeltaLake
import DurableFiles
import Pipeline

/// `phusa table vacuum`: segments of older versions deleted.
struct TableVacuum: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum",
        abstract: "Deletes segments that were removed from the tables long ago.",
        discussion: """
            What was compacted away stays on disk, so that readers which began before, and those who ask for an older \
            version, find it. phusa run deletes it after tables.keep_removed; the command does it now. Files that the \
            log does not name are left alone: phusa table verify tells of them.
            """)

    @Argument(help: "The tables (default: all).")
    var tables: [String] = []

    @OptionGroup var options: TableOptions

    @Option(
        help: ArgumentHelp(
            "Only what was removed so long ago (default: 7d, or what the table says).", valueName: "time"))
    var olderThan: String?

    @Flag(help: "Only say what would be deleted.")
    var dryRun = false

    func run() throws {
        var settings = RunConfiguration()
        if let olderThan { try settings.set("tables.keep_removed", olderThan, option: "--older-than") }
        let folder = try TableFolder(data: options.data)
        let lock = dryRun ? nil : try folder.lockForCompaction()
        defer { withExtendedLifetime(lock) {} }
        var table = TextTable([.init("table"), .init(dryRun ? "would delete" : "deleted", .right)])
        for name in try folder.names(tables) {
            let snapshot = try folder.open(name).snapshot
            let upkeep = olderThan == nil ? settings.upkeep.log.respecting(snapshot.metadata) : settings.upkeep.log
            let vacuum = Vacuum(snapshot, removedBefore: millisecondsNow() - upkeep.deletedFileMilliseconds)
            do throws(FileError) {
                let directory = folder.folder(of: name)
                let count =
                    dryRun
                    ? try vacuum.present(in: directory, store: SystemFileStore()).count
                    : try vacuum.run(in: directory, store: SystemFileStore())
                table.add([.init(name, tint: .accent), .init(count)])
            } catch {
                throw CommandFailure.failure("\(error).")
            }
        }
        for line in table.linesForStandardOutput { print(line) }
    }
}
