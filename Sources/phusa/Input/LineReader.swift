/// Reads a file line by line, without line ends.
struct LineReader: ~Copyable {
    /// The number of the line read last, from 1.
    private(set) var line = 0

    private var input: InputFile
    private var block: [UInt8] = []
    private var position = 0

    init(_ input: consuming InputFile) {
        self.input = input
    }

    /// Puts the next line into `text`; false at the end.
    mutating func next(into text: inout [UInt8]) throws(CommandFailure) -> Bool {
        text.removeAll(keepingCapacity: true)
        var hasBegun = false
        while true {
            if position == block.count {
                try input.read(into: &block)
                position = 0
                if block.isEmpty {
                    if hasBegun { endLine(&text) }
                    return hasBegun
                }
            }
            hasBegun = true
            let rest = block[position...]
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                text.append(contentsOf: rest)
                position = block.count
                continue
            }
            text.append(contentsOf: rest[..<end])
            position = end + 1
            endLine(&text)
            return true
        }
    }

    private mutating func endLine(_ text: inout [UInt8]) {
        line += 1
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        if line == 1, text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
    }
}
