/// Values as whole numbers in the same order, so that one kind of comparison serves integers, decimals and doubles.
package enum OrderedWord {
    /// The word of a double: IEEE 754's total order, so -0 below +0, and every bit counts.
    @inlinable
    package static func word(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: value.bitPattern)
        return bits < 0 ? bits ^ Int64.max : bits
    }

    @inlinable
    package static func double(_ word: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: word < 0 ? word ^ Int64.max : word))
    }
}

/// The least and the greatest of the values seen, as ordered words.
package struct Extremes: Mergeable {
    package var minimum: Int64 = .max
    package var maximum: Int64 = .min

    package init() {}

    /// Takes what a table holds.
    package init(minimum: Int64, maximum: Int64) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Whether no value was seen.
    package var isEmpty: Bool { minimum > maximum }

    @inlinable
    package mutating func add(_ word: Int64) {
        minimum = min(minimum, word)
        maximum = max(maximum, word)
    }

    package mutating func merge(_ other: Extremes) {
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }
}

/// The earliest and the latest value, by event time.
///
/// Of values of one time the least counts as the earlier: arrival would depend on order, the value does not.
package struct TimedExtremes: Mergeable {
    /// A value, as an ordered word, and its time in microseconds.
    package struct Moment: Hashable, Comparable, Sendable, BitwiseCopyable {
        package let microseconds: Int64
        package let word: Int64

        @inlinable
        package init(microseconds: Int64, word: Int64) {
            self.microseconds = microseconds
            self.word = word
        }

        @inlinable
        package static func < (left: Moment, right: Moment) -> Bool {
            left.microseconds != right.microseconds
                ? left.microseconds < right.microseconds : left.word < right.word
        }
    }

    package var first = Moment(microseconds: .max, word: .max)
    package var last = Moment(microseconds: .min, word: .min)

    package init() {}

    /// Takes what a table holds.
    package init(first: Moment, last: Moment) {
        self.first = first
        self.last = last
    }

    /// Whether no value was seen.
    package var isEmpty: Bool { last < first }

    @inlinable
    package mutating func add(_ moment: Moment) {
        if moment < first { first = moment }
        if moment > last { last = moment }
    }

    package mutating func merge(_ other: TimedExtremes) {
        if other.first < first { first = other.first }
        if other.last > last { last = other.last }
    }
}
