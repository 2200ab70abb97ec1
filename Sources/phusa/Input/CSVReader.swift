/// Reads records of a CSV file (RFC 4180) as they are found in the field: any delimiter, either line end, a byte order
/// mark, quotes within fields, empty lines.
struct CSVReader: ~Copyable {
    static let comma = UInt8(ascii: ",")
    static let semicolon = UInt8(ascii: ";")
    static let tab = UInt8(ascii: "\t")

    /// The field separator, once the first record has been read.
    private(set) var delimiter: UInt8?

    private var input: InputFile?
    private let name: String
    private var block: [UInt8]
    private var position = 0
    private var line = 1
    private var isAtStart = true

    init(_ input: consuming InputFile, delimiter: UInt8? = nil) {
        name = input.path == "-" ? "standard input" : input.path
        self.input = consume input
        self.delimiter = delimiter
        block = []
    }

    /// Reads `text` itself.
    init(text: String, name: String = "text", delimiter: UInt8? = nil) {
        input = nil
        self.name = name
        self.delimiter = delimiter
        block = Array(text.utf8)
    }

    /// Puts the next record into `record`; false at the end.
    mutating func next(into record: inout CSVRecord) throws(CommandFailure) -> Bool {
        if isAtStart { try begin() }
        let delimiter = delimiter ?? Self.comma
        record.removeAll()
        while let byte = try peek(), byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { skipLineEnd(byte) }
        guard try peek() != nil else { return false }
        record.line = line
        while true {
            guard let byte = try peek() else {
                record.endField()
                return true
            }
            position += 1
            switch byte {
            case delimiter: record.endField()
            case UInt8(ascii: "\n"):
                line += 1
                record.endField()
                return true
            case UInt8(ascii: "\r"):
                if try peek() == UInt8(ascii: "\n") { position += 1 }
                line += 1
                record.endField()
                return true
            case UInt8(ascii: "\"") where record.bytes.count == (record.ends.last ?? 0):
                try readQuoted(into: &record)
            default: record.append(byte)
            }
        }
    }

    /// What stands between the quote just read and the one that closes it; two quotes stand for one.
    private mutating func readQuoted(into record: inout CSVRecord) throws(CommandFailure) {
        let opened = line
        while let byte = try peek() {
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard try peek() == UInt8(ascii: "\"") else { return }
                position += 1
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            record.append(byte)
        }
        throw .failure(
            "\(name), line \(opened): a quoted field begins here and is never closed; add the missing quote.")
    }

    private mutating func skipLineEnd(_ byte: UInt8) {
        position += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
    }

    /// Skips a byte order mark and finds out the delimiter from the first line.
    private mutating func begin() throws(CommandFailure) {
        isAtStart = false
        guard try peek() != nil else { return }
        if block[position...].starts(with: [0xEF, 0xBB, 0xBF]) { position += 3 }
        if delimiter == nil { delimiter = Self.detectDelimiter(in: block[position...]) }
    }

    /// The most frequent of comma, semicolon and tab on the first line, quoted text aside; comma when there is none.
    static func detectDelimiter(in bytes: ArraySlice<UInt8>) -> UInt8 {
        var counts = [comma: 0, semicolon: 0, tab: 0]
        var isQuoted = false
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
            if let count = counts[byte] { counts[byte] = count + 1 }
        }
        return [comma, semicolon, tab].max { counts[$0, default: 0] < counts[$1, default: 0] } ?? comma
    }

    private mutating func peek() throws(CommandFailure) -> UInt8? {
        if position < block.count { return block[position] }
        guard input != nil else { return nil }
        try input?.read(into: &block)
        position = 0
        return block.first
    }
}
