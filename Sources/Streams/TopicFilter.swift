/// An MQTT topic filter (MQTT 5, section 4.7): levels between slashes, `+` for any one level, a last `#` for any rest.
package struct TopicFilter: Hashable, Sendable {
    package let text: String
    private let levels: [[UInt8]]
    /// What lies between the wildcards, one behind the other, slashes included: `a/`, `/b/` and nothing of `a/+/b/+`.
    private let literals: [UInt8]
    /// Where each of them ends in `literals`.
    private let literalEnds: [Int]
    /// Whether `#` ends the filter.
    private let endsOpen: Bool
    private let beginsWithWildcard: Bool

    private static let singleLevel = [UInt8(ascii: "+")]
    private static let multiLevel = [UInt8(ascii: "#")]

    package init(_ text: String) throws(TopicFilterError) {
        guard !text.isEmpty, text.utf8.count <= 65_535, !text.utf8.contains(0) else { throw .length }
        guard !text.hasPrefix("$share/") else { throw .shared }
        levels = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        self.text = text
        var literals: [UInt8] = []
        var literalEnds: [Int] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "+") {
                literalEnds.append(literals.count)
            } else if byte != UInt8(ascii: "#") {
                literals.append(byte)
            }
        }
        self.literals = literals
        self.literalEnds = literalEnds + [literals.count]
        endsOpen = levels.last == Self.multiLevel
        beginsWithWildcard = levels[0] == Self.multiLevel || levels[0] == Self.singleLevel
        for (index, level) in levels.enumerated() {
            if level.contains(UInt8(ascii: "+")), level != Self.singleLevel { throw .wildcardInLevel }
            guard level.contains(UInt8(ascii: "#")) else { continue }
            if level != Self.multiLevel { throw .wildcardInLevel }
            if index + 1 != levels.count { throw .multiLevelNotLast }
        }
    }

    /// Whether a topic name belongs to the filter.
    ///
    /// Wildcards at the beginning do not reach topics that begin with `$`, and `a/#` includes `a`.
    package func matches(_ topic: RawSpan) -> Bool {
        if beginsWithWildcard, topic.byteCount > 0, byte(topic, 0) == UInt8(ascii: "$") { return false }
        let literals = literals.span
        let ends = literalEnds.span
        var position = 0
        var start = 0
        for index in ends.indices {
            let isLast = index + 1 == ends.count
            let literal = literals.extracting(start..<ends[index])
            guard hasBytes(topic, literal, at: position) else {
                // `a/#` includes `a`: the slash in front of the `#` may be missing, with all behind it.
                return isLast && endsOpen && position + literal.count == topic.byteCount + 1
                    && hasBytes(topic, literal.extracting(droppingLast: 1), at: position)
            }
            position += literal.count
            start = ends[index]
            if isLast { break }
            position = levelEnd(topic, from: position)
        }
        return endsOpen || position == topic.byteCount
    }

    /// How many levels every topic has that matches; nil where `#` takes any rest.
    var fixedLevelCount: Int? { endsOpen ? nil : levels.count }

    /// Whether some topic belongs to both filters.
    package func overlaps(_ other: TopicFilter) -> Bool {
        for (one, two) in [(levels[0], other.levels[0]), (other.levels[0], levels[0])]
        where isWildcard(one) && two.first == UInt8(ascii: "$") { return false }
        var index = 0
        while true {
            let ours = index < levels.count ? levels[index] : nil
            let theirs = index < other.levels.count ? other.levels[index] : nil
            if ours == Self.multiLevel || theirs == Self.multiLevel { return true }
            guard let ours, let theirs else { return ours == nil && theirs == nil }
            guard ours == theirs || ours == Self.singleLevel || theirs == Self.singleLevel else { return false }
            index += 1
        }
    }

    private func isWildcard(_ level: [UInt8]) -> Bool { level == Self.singleLevel || level == Self.multiLevel }

    @inline(__always)
    private func hasBytes(_ topic: RawSpan, _ literal: Span<UInt8>, at start: Int) -> Bool {
        guard literal.count <= topic.byteCount - start else { return false }
        // Safe: UInt8 has no padding.
        let literal = unsafe literal.bytes
        var index = 0
        while index &+ 8 <= literal.byteCount {
            guard word(topic, start &+ index) == word(literal, index) else { return false }
            index &+= 8
        }
        while index < literal.byteCount {
            guard byte(topic, start &+ index) == byte(literal, index) else { return false }
            index &+= 1
        }
        return true
    }

    /// Where the level that begins at `start` ends: at a slash or the end of the topic.
    @inline(__always)
    private func levelEnd(_ topic: RawSpan, from start: Int) -> Int {
        var position = start
        while position &+ 8 <= topic.byteCount {
            let slashes = word(topic, position) ^ 0x2F2F_2F2F_2F2F_2F2F
            let found = (slashes &- 0x0101_0101_0101_0101) & ~slashes & 0x8080_8080_8080_8080
            if found != 0 { return position &+ found.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < topic.byteCount, byte(topic, position) != UInt8(ascii: "/") { position &+= 1 }
        return position
    }

    @inline(__always)
    private func word(_ bytes: RawSpan, _ index: Int) -> UInt64 {
        // Safe: any eight bytes are a UInt64; the bounds are checked.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    @inline(__always)
    private func byte(_ topic: RawSpan, _ index: Int) -> UInt8 {
        // Safe: any byte is a UInt8; the bounds are checked.
        unsafe topic.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}

/// Why a text is no topic filter.
package enum TopicFilterError: Error, Equatable {
    /// It is empty, longer than 65,535 bytes or contains a zero byte.
    case length
    /// It names a shared subscription.
    case shared
    /// `+` or `#` stands beside other characters of its level.
    case wildcardInLevel
    /// Levels follow behind `#`.
    case multiLevelNotLast

    /// What is wrong, for a sentence that begins with the text.
    package var problem: String {
        switch self {
        case .length: "is empty, too long or has a zero byte"
        case .shared: "names a shared subscription"
        case .wildcardInLevel: "has + or # beside other characters of a level"
        case .multiLevelNotLast: "has levels behind #"
        }
    }

    /// What to do, without a full stop.
    package var fix: String {
        switch self {
        case .length: "Write a topic filter such as telemetry/+/coverage/+"
        case .shared: "Write the filter without $share/group/; the group belongs into the configuration of the program"
        case .wildcardInLevel: "Let + and # stand alone between slashes"
        case .multiLevelNotLast: "Let # be the last level"
        }
    }
}
