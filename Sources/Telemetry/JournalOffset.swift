/// The number of a message in its lane: the first message ever journaled there is 1.
///
/// 0 is "before every message", so that "committed through 0" says that nothing is committed yet.
package struct JournalOffset: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    package var number: UInt64

    @inlinable
    package init(_ number: UInt64) {
        self.number = number
    }

    package static let beforeFirst = JournalOffset(0)

    @inlinable
    package var next: JournalOffset { JournalOffset(number + 1) }

    @inlinable
    package func advanced(by count: Int) -> JournalOffset { JournalOffset(number + UInt64(count)) }

    @inlinable
    package static func < (left: JournalOffset, right: JournalOffset) -> Bool { left.number < right.number }

    package var description: String { String(number) }
}
