import ArgumentParser
import JSONDocument
import Telemetry

/// What makes senders one group in a rehearsal.
enum Grouping: Sendable {
    /// The device's name without the digits at its end.
    case device
    /// A level of the topic, from 1; readings from the table have no topic.
    case topicLevel(Int)
    case member(String)

    @Sendable
    static func parse(_ text: String) throws -> Grouping {
        if text == "device" { return .device }
        if text.hasPrefix("topic:"), let level = Int(text.dropFirst(6)), level > 0 { return .topicLevel(level) }
        if text.hasPrefix("/"), text.count > 1 { return .member(String(text.dropFirst())) }
        throw ValidationError("write device, topic:2 or /member")
    }

    /// The member of a record that names the group; nil where the topic does.
    func member(device: String?) -> String? {
        switch self {
        case .device: device
        case .topicLevel: nil
        case .member(let name): name
        }
    }

    /// The group of a record, by the text of that member and by the topic.
    func group(value: String?, topic: String?) -> String {
        switch self {
        case .device:
            let name = value ?? topic.map { String($0.split(separator: "/").last ?? "") }
            guard let name, !name.isEmpty else { return "(unknown)" }
            let digits = name.reversed().prefix { $0.isNumber }.count
            return digits == 0 ? name : digits == name.count ? "(number)" : "\(name.dropLast(digits))*"
        case .topicLevel(let level):
            guard let topic else { return "(stored)" }
            let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
            return level <= levels.count ? String(levels[level - 1]) : "(no level \(level))"
        case .member: return value ?? "(none)"
        }
    }
}

/// What a rehearsal has found.
struct Rehearsal {
    /// Where a record was found.
    enum Place: String, CaseIterable {
        case stored
        case waiting
        case deadLetters = "dead_letters"
    }

    /// Who is affected, by what rule and where in a reading: these are counted together.
    struct Finding: Hashable {
        let group: String
        let reason: String
        let pointer: String
    }

    /// How often something was found.
    struct Occurrences {
        var count = 0
        /// The sentence of the first one.
        let sentence: String
        let example: String
    }

    let grouping: Grouping
    /// How many readings were judged.
    private(set) var judged: [Place: Int] = [:]
    private(set) var breaks: [Finding: Occurrences] = [:]
    /// Dead letters that would pass, by who and why they were refused.
    private(set) var passes: [Finding: Occurrences] = [:]
    private(set) var stillRefusedCount = 0
    /// Readings of each group, whatever is found of them.
    private(set) var groupCounts: [String: Int] = [:]

    /// More of a record says no more.
    private static let longestExample = 2000

    init(grouping: Grouping) {
        self.grouping = grouping
    }

    var brokenCount: Int { breaks.values.reduce(0) { $0 + $1.count } }
    var passingCount: Int { passes.values.reduce(0) { $0 + $1.count } }

    /// Counts a reading that the active schema takes, and whether the new one refuses it.
    mutating func judge(_ place: Place, group: String, refusal: Refusal?, example: @autoclosure () -> String) {
        judged[place, default: 0] += 1
        groupCounts[group, default: 0] += 1
        guard let refusal else { return }
        Self.add(refusal, group: group, example: example(), to: &breaks)
    }

    /// Counts a reading that the active schema refuses; `refusal` is the new one's.
    mutating func judgeRefused(
        _ place: Place, group: String, old: Refusal, refusal: Refusal?, example: @autoclosure () -> String
    ) {
        judged[place, default: 0] += 1
        guard refusal == nil else { return stillRefusedCount += 1 }
        Self.add(old, group: group, example: example(), to: &passes)
    }

    private static func add(
        _ refusal: Refusal, group: String, example: String, to findings: inout [Finding: Occurrences]
    ) {
        // Which element of a message it was says nothing about the sender.
        let digits = refusal.pointer.dropFirst().prefix { $0.isNumber }
        let pointer =
            digits.isEmpty ? refusal.pointer : String(refusal.pointer.dropFirst(digits.count + 1))
        let finding = Finding(group: group, reason: refusal.reason.rawValue, pointer: pointer)
        findings[
            finding, default: Occurrences(sentence: refusal.sentence, example: String(example.prefix(longestExample)))
        ].count += 1
    }

    // MARK: Output

    private static func sorted(_ findings: [Finding: Occurrences]) -> [(key: Finding, value: Occurrences)] {
        findings.sorted { left, right in
            (right.value.count, left.key.group, left.key.reason, left.key.pointer)
                < (left.value.count, right.key.group, right.key.reason, right.key.pointer)
        }
    }

    func printForPeople(schema: String) {
        func count(_ place: Place) -> String { Format.count(judged[place] ?? 0) }
        print(
            "\(schema): \(count(.stored)) stored readings, \(count(.waiting)) in the journal, "
                + "\(count(.deadLetters)) open dead letters.")
        if breaks.isEmpty {
            print("Nothing would break.")
        } else {
            print("\(Format.counted(brokenCount, "reading")) would be refused:")
            Self.printTable(breaks, of: groupCounts)
        }
        guard judged[.deadLetters] ?? 0 > 0 else { return }
        if passes.isEmpty {
            print("No dead letter would pass.")
        } else {
            print("\(Format.counted(passingCount, "dead letter")) would pass, \(Format.count(stillRefusedCount)) not:")
            Self.printTable(passes, of: nil)
        }
    }

    private static func printTable(_ findings: [Finding: Occurrences], of groups: [String: Int]?) {
        var table = TextTable([
            .init("who"), .init("reason"), .init("at"), .init("readings", .right),
            .init(groups == nil ? "" : "of", .right), .init("for example"),
        ])
        for (finding, occurrences) in sorted(findings) {
            table.add([
                .init(finding.group, tint: .accent), .init(finding.reason), .init(finding.pointer),
                .init(occurrences.count), .init(groups.map { Format.count($0[finding.group] ?? 0) } ?? ""),
                .init(Terminal.printable("\(occurrences.sentence): \(occurrences.example)".unicodeScalars)),
            ])
        }
        for line in table.linesForStandardOutput { print(line) }
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("judged")
        writer.beginObject()
        for place in Place.allCases { writer.member(place.rawValue, judged[place] ?? 0) }
        writer.endObject()
        writer.member("would_break", brokenCount)
        write("breaks", breaks, of: groupCounts, to: &writer)
        writer.member("would_pass", passingCount)
        write("passes", passes, of: nil, to: &writer)
        writer.member("still_refused", stillRefusedCount)
        writer.endObject()
        return writer.text
    }

    private func write(
        _ name: String, _ findings: [Finding: Occurrences], of groups: [String: Int]?, to writer: inout JSONWriter
    ) {
        writer.name(name)
        writer.beginArray()
        for (finding, occurrences) in Self.sorted(findings) {
            writer.beginObject()
            writer.member("who", finding.group)
            writer.member("reason", finding.reason)
            writer.member("pointer", finding.pointer.isEmpty ? nil : finding.pointer)
            writer.member("readings", occurrences.count)
            if let groups { writer.member("of", groups[finding.group] ?? 0) }
            writer.member("sentence", occurrences.sentence)
            writer.member("example", occurrences.example)
            writer.endObject()
        }
        writer.endArray()
    }
}
