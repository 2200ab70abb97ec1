import JSONDocument
import JSONSchema
import Streams
import Telemetry

/// A member of the reading as a scaffold writes it.
struct ScaffoldField {
    let name: String
    /// Nil for a member that comes from the topic.
    let member: SampleSurvey.Member?
    let topicLevel: Int?
    let isAlwaysThere: Bool
    var isRequired = false

    init(name: String, topicLevel: Int) {
        self.name = name
        self.topicLevel = topicLevel
        member = nil
        isAlwaysThere = true
    }

    private init(name: String, member: SampleSurvey.Member, isAlwaysThere: Bool) {
        self.name = name
        self.member = member
        self.isAlwaysThere = isAlwaysThere
        topicLevel = nil
    }

    /// The fields of all members but those that give the time, with names that columns can have.
    static func fields(of survey: SampleSurvey, except time: ScaffoldTime) -> [ScaffoldField] {
        var fields: [ScaffoldField] = []
        var taken = [time.name.lowercased()] + StreamPlan.reservedColumnNames
        // With both, the definition has a place.
        if survey.member("lat") != nil, survey.member("lon") != nil { taken += StreamPlan.reservedPlaceNames }
        for member in survey.members where member.name != time.member && member.name != time.name {
            var name = columnName(member.name)
            while taken.contains(name.lowercased()) { name += "_" }
            taken.append(name.lowercased())
            fields.append(ScaffoldField(name: name, member: member, isAlwaysThere: survey.isAlwaysThere(member)))
        }
        return fields
    }

    /// The name as a column can have it, and as a pointer is written easily.
    private static func columnName(_ name: String) -> String {
        let plain = name.unicodeScalars.map { scalar in
            " ,;{}()\n\t=/~.".unicodeScalars.contains(scalar) ? "_" : Character(scalar)
        }
        return plain.isEmpty ? "unnamed" : String(plain)
    }

    /// The line of `map` that makes it, where it is not called as in the payload.
    var mapLine: String? {
        if let topicLevel { return "/\(name): { topic: \(topicLevel) }" }
        guard let member, member.name != name else { return nil }
        return "/\(name): \(JSONTree.string(JSONPointer([member.name]).description).text)"
    }

    /// The schema of the member as lines of a JSON object.
    func property(recordCount: Int) -> String {
        var parts: [(String, String)] = []
        guard let member else {
            parts = [("type", "\"string\""), ("minLength", "1"), ("description", "\"From the topic.\"")]
            return Self.text(name, parts)
        }
        let isCoordinate = member.isNumber && (name == "lat" || name == "lon")
        if member.isDate { parts.append(("format", "\"date\"")) }
        if member.isTime { parts.append(("format", "\"date-time\"")) }
        if isCoordinate {
            let limit = name == "lat" ? 90 : 180
            parts += [("minimum", "-\(limit)"), ("maximum", "\(limit)"), ("unit", "\"deg\"")]
        }
        parts.append(("$comment", JSONTree.string(seen(member, recordCount)).text))
        return Self.text(name, types(of: member) + parts)
    }

    private func types(of member: SampleSurvey.Member) -> [(String, String)] {
        var names: [String] = []
        if member.booleanCount > 0 { names.append("\"boolean\"") }
        if member.numberCount > 0 {
            names.append("\"number\"")
        } else if member.integerCount > 0 {
            names.append("\"integer\"")
        }
        if member.textCount > 0 { names.append("\"string\"") }
        // Of objects and lists nothing is said but that they are kept.
        guard member.otherCount == 0, !names.isEmpty else { return [] }
        if !isRequired { names.append("\"null\"") }
        return [("type", names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]")]
    }

    private func seen(_ member: SampleSurvey.Member, _ recordCount: Int) -> String {
        var text = "Seen in \(member.valueCount) of \(recordCount) records"
        if member.integerCount + member.numberCount > 0 {
            text += ", \(Self.number(member.least)) to \(Self.number(member.greatest))"
        }
        if member.textCount > 0, member.timeCount == 0 {
            if member.texts.count <= SampleSurvey.mostTexts, member.textCount > member.texts.count {
                text +=
                    ": \(member.texts.map { String($0.unicodeScalars.prefix(40).map(Character.init)) }.joined(separator: ", "))"
            } else {
                text += ", up to \(member.longest) characters"
            }
        }
        return text + "; limits are to be set."
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    static func text(_ name: String, _ parts: [(String, String)]) -> String {
        let members = parts.map { "      \"\($0.0)\": \($0.1)" }.joined(separator: ",\n")
        return "    \(JSONTree.string(name).text): {\n\(members)\n    }"
    }
}

/// Where the time of a reading comes from.
struct ScaffoldTime {
    /// What the reading's member is called.
    let name: String
    /// The payload's member; nil for the time of arrival.
    let member: String?
    /// Further members that could be it.
    let others: [String]
    let mapLines: [String]
    let explanation: String

    private static let names = [
        "ts", "time", "timestamp", "datetime", "date_time", "at", "measured_at", "observed_at", "dateobserved",
        "recorded",
        "created_at", "date",
    ]

    init(_ survey: SampleSurvey, zone: String) {
        func rank(_ member: SampleSurvey.Member) -> Int {
            Self.names.firstIndex(of: member.name.lowercased()) ?? Self.names.count
        }
        let always = survey.members.filter { survey.isAlwaysThere($0) }.sorted { rank($0) < rank($1) }
        let zoned = always.filter(\.isTime)
        let local = always.filter(\.isLocalTime)
        let numeric = always.filter { $0.isInteger || $0.isNumber }.filter { Self.epoch(of: $0) != nil }
            .filter { rank($0) < Self.names.count || $0.name.lowercased().contains("time") }
        others = (zoned + local + numeric).dropFirst().map(\.name)
        if let found = zoned.first {
            let isFree = !StreamPlan.reservedColumnNames.contains(found.name.lowercased())
            (member, name) = (found.name, isFree ? found.name : "ts")
            mapLines = isFree ? [] : ["/ts: \(Self.path(found.name))"]
            explanation = isFree ? "" : ", of /\(found.name)"
        } else if let found = local.first {
            (member, name) = (found.name, "ts")
            mapLines = ["/ts: { from: \(Self.path(found.name)), zone: \(zone) }"]
            explanation = "; /\(found.name) does not always say a zone, and \(zone) is a guess"
        } else if let found = numeric.first, let epoch = Self.epoch(of: found) {
            (member, name) = (found.name, "ts")
            mapLines = ["/ts: { from: \(Self.path(found.name)), epoch: \(epoch) }"]
            explanation = ", of /\(found.name), which counts \(epoch) since 1970"
        } else {
            (member, name) = (nil, survey.member("ts") == nil ? "ts" : "arrived")
            mapLines = ["/\(name): { from: arrival }"]
            explanation = ", the arrival, since no member is a time in every sample"
        }
    }

    private static func path(_ name: String) -> String {
        JSONTree.string(JSONPointer([name]).description).text
    }

    /// The unit in which numbers are times between 2000 and 2100.
    private static func epoch(of member: SampleSurvey.Member) -> String? {
        let units = [("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)]
        return units.first { member.least >= 946_684_800 * $0.1 && member.greatest < 4_102_444_800 * $0.1 }?.0
    }

    var property: String {
        ScaffoldField.text(
            name,
            [
                ("type", "\"string\""), ("format", "\"date-time\""),
                ("description", "\"When it was measured, with time zone (RFC 3339).\""),
            ])
    }

    /// The time of a record.
    func read(_ record: String) -> EventTime? {
        guard case .string(let text)? = JSONTree(record: record)?[name] else { return nil }
        return RFC3339.microseconds(text.utf8Bytes).map { EventTime(microsecondsSinceEpoch: $0) }
    }
}

extension JSONTree {
    /// A record as its reader gives it; nil when it is no JSON after all.
    init?(record: String) {
        do throws(JSONParseError) {
            self = try JSONTree(parsing: record)
        } catch {
            return nil
        }
    }
}
