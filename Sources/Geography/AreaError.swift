/// What is wrong in a file of areas, where, and what to do about it, for the person who supplied the file.
package struct AreaError: Error, Equatable, Sendable, CustomStringConvertible {
    package let file: String
    /// `line 12`, or a JSON pointer such as `/features/3`; empty when the whole file is meant.
    package let place: String
    package let message: String
    /// What to do, as an instruction.
    package let fix: String

    package init(file: String, place: String = "", message: String, fix: String) {
        self.file = file
        self.place = place
        self.message = message
        self.fix = fix
    }

    package var description: String {
        "\(file)\(place.isEmpty ? "" : ", \(place)"): \(message). \(fix)."
    }
}
