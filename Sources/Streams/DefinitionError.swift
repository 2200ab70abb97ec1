/// What is wrong in a stream's definition, where, and what to do about it.
///
/// Nothing starts with a broken definition; the person who wrote the file reads `description`.
package struct DefinitionError: Error, Equatable, Sendable, CustomStringConvertible {
    package let file: String
    /// From 1; 0 when the file as a whole is meant.
    package let line: Int
    /// From 1; 0 when the line as a whole is meant.
    package let column: Int
    package let message: String
    /// What to do, as an instruction.
    package let fix: String

    package init(file: String, line: Int = 0, column: Int = 0, message: String, fix: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.fix = fix
    }

    /// Does one part of the work and keeps its error, so that what is independent of it can be looked at too.
    @discardableResult
    package static func collect<Value>(
        into errors: inout [DefinitionError], _ part: () throws(DefinitionError) -> Value
    ) -> Value? {
        do throws(DefinitionError) {
            return try part()
        } catch {
            errors.append(error)
            return nil
        }
    }

    package var description: String {
        let place = line == 0 ? file : column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
        return "\(place): \(message). \(fix)."
    }
}
