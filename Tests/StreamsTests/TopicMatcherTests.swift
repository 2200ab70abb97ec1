import Streams
import Telemetry
import TestSupport
import Testing

/// The rules of MQTT 5, section 4.7, written as plainly as possible.
private func naiveMatches(_ filter: String, _ topic: String) -> Bool {
    if topic.hasPrefix("$"), filter.hasPrefix("+") || filter.hasPrefix("#") { return false }
    func match(_ filter: ArraySlice<Substring>, _ topic: ArraySlice<Substring>) -> Bool {
        if filter.first == "#" { return true }
        guard let filterLevel = filter.first, let topicLevel = topic.first else {
            return filter.isEmpty && topic.isEmpty
        }
        return (filterLevel == "+" || filterLevel == topicLevel) && match(filter.dropFirst(), topic.dropFirst())
    }
    return match(
        filter.split(separator: "/", omittingEmptySubsequences: false)[...],
        topic.split(separator: "/", omittingEmptySubsequences: false)[...])
}

/// Few different levels, so that matches are frequent.
private func randomTopic(_ levels: [String], using random: inout SeededRandom) -> String {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in levels.randomElement(using: &random) ?? "a" }
        .joined(separator: "/")
}

private func randomFilter(using random: inout SeededRandom) -> String {
    var filter = randomTopic(["a", "b", "", "+", "$s"], using: &random)
    if random.chance(1, in: 3) { filter += "/#" }
    return filter.isEmpty || random.chance(1, in: 20) ? "#" : filter
}

struct TopicFilterTests {
    @Test("matches what the specification's examples match")
    func examples() throws {
        let cases: [(String, String, Bool)] = [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/#", "sport", true), ("#", "sport/tennis", true), ("#", "$SYS/x", false),
            ("sport/tennis/+", "sport/tennis/player1", true), ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false), ("sport/+", "sport/", true), ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false), ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
            ("telemetry/+/coverage/+", "telemetry/hcm/coverage/d1", true),
        ]
        for (filter, topic, expected) in cases {
            #expect(try TopicFilter(filter).matches(topic.utf8Bytes) == expected, "\(filter) \(topic)")
        }
    }

    @Test(
        "says what is wrong with a text that is no filter",
        arguments: [
            ("", TopicFilterError.length), ("a/b+", .wildcardInLevel), ("a#", .wildcardInLevel),
            ("a/#/b", .multiLevelNotLast), ("$share/group/a", .shared),
        ])
    func invalid(text: String, error: TopicFilterError) {
        #expect(throws: error) { try TopicFilter(text) }
    }

    @Test("agrees with the plain rules, and overlaps exactly when a topic belongs to both", arguments: [1, 2, 3])
    func property(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // Every topic of up to five levels that could tell two filters of up to five levels apart.
        for _ in 0..<300 {
            let one = randomFilter(using: &random)
            let two = randomFilter(using: &random)
            let first = try TopicFilter(one)
            let second = try TopicFilter(two)
            var witness: String?
            for _ in 0..<400 {
                let topic = randomTopic(["a", "b", "", "$s"], using: &random)
                #expect(first.matches(topic.utf8Bytes) == naiveMatches(one, topic), "\(one) \(topic)")
                if naiveMatches(one, topic), naiveMatches(two, topic) { witness = topic }
            }
            if let witness { #expect(first.overlaps(second), "\(one) and \(two) share \(witness)") }
            #expect(first.overlaps(second) == second.overlaps(first))
            if !first.overlaps(second) { #expect(witness == nil) }
            if first.overlaps(second) {
                let common = commonTopic(one, two)
                #expect(naiveMatches(one, common) && naiveMatches(two, common), "\(one) and \(two): \(common)")
            }
        }
    }

    /// A topic that belongs to both filters, if they have one.
    private func commonTopic(_ one: String, _ two: String) -> String {
        let one = one.split(separator: "/", omittingEmptySubsequences: false)
        let two = two.split(separator: "/", omittingEmptySubsequences: false)
        var levels: [Substring] = []
        for index in 0..<max(one.count, two.count) {
            let candidates = [one, two].compactMap { index < $0.count ? $0[index] : nil }
            let literal = candidates.first { $0 != "+" && $0 != "#" }
            if let literal {
                levels.append(literal)
            } else if candidates.contains("+") || index == 0 {
                levels.append("z")
            } else {
                break
            }
        }
        return levels.joined(separator: "/")
    }
}

struct TopicMatcherTests {
    @Test("finds the same stream as the plain rules, with a cache that is far too small", arguments: [11, 12])
    func property(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let filters = (0..<6).map { _ in randomFilter(using: &random) }
        var matcher = TopicMatcher(
            try filters.enumerated().map { (try TopicFilter($0.element), TopicRoute(stream: $0.offset, source: 7)) },
            capacity: 4)
        for _ in 0..<5_000 {
            let topic = randomTopic(["a", "b", "", "$s"], using: &random)
            let expected = filters.firstIndex { naiveMatches($0, topic) }
            let found = matcher.route(of: topic.utf8Bytes)
            #expect(found == expected.map { TopicRoute(stream: $0, source: 7) }, "\(topic)")
        }
    }
}
