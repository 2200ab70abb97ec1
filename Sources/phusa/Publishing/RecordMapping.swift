/// What turns rows of a file into messages: given by options, by a mapping file, or by both.
struct RecordMapping: Equatable, Sendable {
    /// What stands for no value where nothing else is said; an empty field always does.
    static let usualNulls: Set<String> = ["-", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]

    /// A column and a text, with `*` for any characters, that it must have.
    struct Filter: Equatable, Sendable {
        let column: String
        let pattern: String

        func accepts(_ text: String) -> Bool {
            Self.matches(Array(text.utf8)[...], Array(pattern.utf8)[...])
        }

        private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == UInt8(ascii: "*") {
                return (0...text.count).contains { matches(text.dropFirst($0), pattern.dropFirst()) }
            }
            return text.first == first && matches(text.dropFirst(), pattern.dropFirst())
        }
    }

    var topic: TopicTemplate?
    var delimiter: UInt8?
    var fields: [FieldMapping] = []
    var filters: [Filter] = []
    var nulls: Set<String>?
    var timeFormat: String?
    /// An offset from UTC, for times that have none themselves.
    var timeZone: String?

    /// Adds a member; one of the same name is replaced, so that options win over the mapping file.
    mutating func set(_ field: FieldMapping) {
        if let index = fields.firstIndex(where: { $0.name == field.name }) {
            fields[index] = field
        } else {
            fields.append(field)
        }
    }

    /// Adds a mapping as on the command line: `rsrp=RSRP:int`.
    mutating func map(_ text: String) throws(CommandFailure) {
        let (name, column) = try Self.split(text, at: "=", option: "--map", example: "rsrp=RSRP:int")
        set(FieldMapping(name: name, column: column))
    }

    /// Adds a constant as on the command line: `technology=4G`.
    mutating func set(_ text: String) throws(CommandFailure) {
        let (name, value) = try Self.split(text, at: "=", option: "--set", example: "technology=4G")
        set(FieldMapping(name: name, constant: value))
    }

    /// Adds a filter as on the command line: `series=speed_*`.
    mutating func filter(_ text: String) throws(CommandFailure) {
        let (column, pattern) = try Self.split(text, at: "=", option: "--where", example: "'series=speed_*'")
        filters.append(Filter(column: column, pattern: pattern))
    }

    /// Adds translations as on the command line: `technology:LTE=4G,HSPA+=3G`.
    mutating func translate(_ text: String) throws(CommandFailure) {
        let example = "'technology:LTE=4G,HSPA+=3G'"
        let (name, pairs) = try Self.split(text, at: ":", option: "--translate", example: example)
        var translations: [String: String] = [:]
        for pair in pairs.split(separator: ",") {
            let (from, to) = try Self.split(
                String(pair), at: "=", option: "--translate", example: example, mayBeEmpty: true)
            translations[from] = to
        }
        try translate(name, translations)
    }

    mutating func translate(_ name: String, _ translations: [String: String]) throws(CommandFailure) {
        guard let index = fields.firstIndex(where: { $0.name == name }) else {
            throw .usage(
                "--translate names the field \(name), which is not mapped; give --map \(name)=COLUMN before it.")
        }
        fields[index].translations.merge(translations) { $1 }
    }

    private static func split(
        _ text: String, at separator: Character, option: String, example: String, mayBeEmpty: Bool = false
    ) throws(CommandFailure) -> (String, String) {
        guard let position = text.firstIndex(of: separator), position > text.startIndex,
            mayBeEmpty || text.index(after: position) < text.endIndex
        else { throw .usage("\(option) \(text) is not understood; write it as \(option) \(example).") }
        return (String(text[..<position]), String(text[text.index(after: position)...]))
    }
}
