import TestSupport

/// Changes payloads at random, as damage and malice would: bits, bytes, numbers, cuts, repeats, and pieces of others.
struct PayloadMutator {
    private var random: SeededRandom
    /// Pieces that mean something in the format.
    private let dictionary: [[UInt8]]
    private static let limit = 20_000
    private static let remarkableBytes: [UInt8] = [
        0, 1, 0x0A, 0x1F, 0x20, 0x22, 0x2C, 0x5B, 0x5C, 0x7B, 0x7F, 0x80, 0x9F, 0xBF, 0xC0, 0xF9, 0xFF,
    ]

    init(seed: UInt64, dictionary: [[UInt8]]) {
        random = SeededRandom(seed: seed)
        self.dictionary = dictionary
    }

    mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<max(1, bound), using: &random)
    }

    /// One to eight changes of an element of `corpus`.
    mutating func mutated(_ corpus: [[UInt8]]) -> [UInt8] {
        var bytes = corpus[below(corpus.count)]
        for _ in 0...below(8) { change(&bytes, corpus) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let place = below(bytes.count)
        switch below(11) {
        case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(below(8))
        case 1 where !bytes.isEmpty: bytes[place] = Self.remarkableBytes[below(Self.remarkableBytes.count)]
        case 2 where !bytes.isEmpty: bytes[place] = UInt8(below(256))
        case 3 where !bytes.isEmpty: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
        case 4 where !bytes.isEmpty: bytes.removeSubrange(place...)
        case 5 where !bytes.isEmpty:
            let piece = Array(bytes[place..<min(bytes.count, place + 1 + below(64))])
            let count = below(20) == 0 ? 1 + below(300) : 1
            insert(Array(repeatElement(piece, count: count).joined()), into: &bytes)
        case 6:
            let other = corpus[below(corpus.count)]
            let start = below(other.count)
            insert(Array(other[start..<min(other.count, start + 1 + below(100))]), into: &bytes)
        case 7 where !dictionary.isEmpty: insert(dictionary[below(dictionary.count)], into: &bytes)
        case 8: insert((0..<(1 + below(8))).map { _ in UInt8(below(256)) }, into: &bytes)
        case 9 where bytes.count > 1: bytes.swapAt(place, below(bytes.count))
        case 10: changeNumber(&bytes)
        default: bytes.append(UInt8(below(256)))
        }
    }

    private mutating func insert(_ piece: [UInt8], into bytes: inout [UInt8]) {
        guard bytes.count + piece.count <= Self.limit else { return }
        bytes.insert(contentsOf: piece, at: below(bytes.count + 1))
    }

    /// Makes the digits at some place another number, or writes eight bytes as one.
    private mutating func changeNumber(_ bytes: inout [UInt8]) {
        let place = below(bytes.count)
        if let start = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) }), below(2) == 0 {
            let end = bytes[start...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.endIndex
            let numbers = [
                "0", "-1", "1e308", "9223372036854775808", "18446744073709551616", "1e-400", "00", "0.1", "1E5",
            ]
            bytes.replaceSubrange(start..<end, with: Array(numbers[below(numbers.count)].utf8))
        } else {
            for offset in place..<min(bytes.count, place + 1 << below(4)) { bytes[offset] = below(2) == 0 ? 0xFF : 0 }
        }
    }
}
