import ArgumentParser
import Glibc

/// How a command prints its result.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
}

extension TextTable {
    /// The table for standard output: as wide as the terminal and coloured there, plain elsewhere.
    var linesForStandardOutput: [String] {
        lines(width: Terminal.width(STDOUT_FILENO), isColoured: Terminal.hasColour(STDOUT_FILENO))
    }
}
