/// What a stream may be called: its name is also that of its table.
package enum StreamName {
    /// Why a name cannot be used, and what to do about it.
    package struct Fault: Equatable, Sendable {
        package let message: String
        package let fix: String
    }

    /// 64: as long as file systems and query engines take without a thought.
    private static let maximumByteCount = 64
    /// Tables that no stream fills.
    private static let reserved = [
        "ledger", "dead_letters", "dead_letter_marks", "sparkplug_births", "restatements", "kpi",
    ]

    /// What is wrong with a name; nil when a stream may have it.
    package static func fault(in name: String) -> Fault? {
        let isWord = name.utf8.enumerated().allSatisfy { index, byte in
            (0x61...0x7A).contains(byte) || (index > 0 && ((0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")))
        }
        guard isWord, !name.isEmpty, name.utf8.count <= maximumByteCount else {
            return Fault(
                message: "`\(name)` cannot be the name of a stream, which is also that of its table",
                fix: "Use small letters, digits and _, beginning with a letter, at most \(maximumByteCount)")
        }
        guard !reserved.contains(name), !name.hasPrefix("rollup_") else {
            return Fault(message: "the table name `\(name)` belongs to the pipeline", fix: "Choose another name")
        }
        return nil
    }
}
