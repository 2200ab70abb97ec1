import ArgumentParser
import Glibc

/// The command `phusa`: everything the program does is one of its subcommands.
@main
struct Phusa: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phusa",
        abstract: "Keeps telemetry from MQTT as open tables, each reading exactly once.",
        discussion: """
            Exit codes: 0 success, 1 failure, 2 wrong arguments, configuration or input definition.
            """,
        version: "0.1.0",
        subcommands: [
            Run.self, Publish.self, Simulate.self, RollupCommand.self, CoverageCommand.self, TableCommand.self,
            Tail.self, Decode.self,
            CheckCommand.self,
            DeadLettersCommand.self, SchemaCommand.self, AuditCommand.self, Bench.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
            try finishPrinting()
        } catch {
            end(with: error)
        }
    }

    /// Says in one sentence why the command ends, and ends it.
    private static func end(with error: any Error) -> Never {
        if let failure = error as? CommandFailure {
            note("phusa: \(failure.sentence)")
            Glibc.exit(failure.kind.rawValue)
        }
        // Help and version are no errors; what else the parser throws is wrong usage.
        let code = exitCode(for: error)
        if code.isSuccess {
            print(fullMessage(for: error))
            do throws(CommandFailure) { try finishPrinting() } catch { end(with: error) }
            Glibc.exit(code.rawValue)
        }
        if error is ExitCode { Glibc.exit(code.rawValue) }
        note(fullMessage(for: error))
        Glibc.exit(CommandFailure.Kind.usage.rawValue)
    }
}
