/// One record of a CSV file: its fields without quotes, one behind the other.
struct CSVRecord {
    /// The line on which the record begins, from 1.
    var line = 0
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    var count: Int { ends.count }

    func field(_ index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    func text(_ index: Int) -> String {
        String(decoding: field(index), as: UTF8.self)
    }

    var texts: [String] { (0..<count).map { text($0) } }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func endField() { ends.append(bytes.count) }
}
