import TestSupport

/// Schemas of flat records and records, made up from a seed, with everything that is easily got wrong at a limit.
enum RandomRecords {
    static let names = [
        "ts", "device", "technology", "a name of more than sixteen bytes", "a name of more than sixteen bytez", "",
        "é", "eightbyt", "ninebytes", "sixteen bytes it", "x",
    ]
    static let limits = [
        "0", "-1", "5", "5.5", "-0.5", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e300",
        "-1e300", "9007199254740993", "9007199254740992.0", "0.1", "1e-6", "18446744073709551615", "9.3e18",
    ]
    static let values = [
        "0", "-0", "0.0", "1", "-1", "5", "5.0", "5.5", "6", "-0.5", "0.3", "0.30000000000000004", "1.000001",
        "10.776889", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
        "9.3e18", "1e300", "9007199254740993", "9007199254740992", "9007199254740994.0", "1e-7", "2147483647",
        "true", "false", "null", "\"\"", "\"a\"", "\"ab\"", "\"5G\"", "\"éé\"", "\"12345\"", "\"-\"",
        "\"2026-11-21T08:00:00Z\"", "\"2026-11-21\"", "\"a value of more than sixteen bytes\"", "[]", "[1,2]", "{}",
        "{\"a\":1}", "{\"a\":1,\"a\":2}", "[{\"b\":{\"c\":1,\"c\":1}}]",
    ]

    static func pick(_ list: [String], _ random: inout SeededRandom) -> String {
        list[Int.random(in: 0..<list.count, using: &random)]
    }

    /// A value that can stand in a schema, where no name may come twice.
    static func value(_ random: inout SeededRandom) -> String {
        pick(values.filter { !$0.contains("\"a\":1,") && !$0.contains("\"c\":1,") }, &random)
    }

    static func record(_ random: inout SeededRandom) -> String {
        guard !random.chance(1, in: 50) else { return pick(["[]", "1", "null", "{}", "\"x\""], &random) }
        var members: [String] = []
        for name in names.shuffled(using: &random) where random.chance(1, in: 2) {
            members.append("\"\(name)\":\(pick(values, &random))")
        }
        if random.chance(1, in: 20), let member = members.first { members.append(member) }
        for unknown in ["u", "v", "u"] where random.chance(1, in: 8) {
            members.append("\"\(unknown)\":\(pick(values, &random))")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    static func schema(_ random: inout SeededRandom) -> String {
        var keywords = ["\"type\":\"object\""]
        var properties: [String] = []
        for name in names where random.chance(2, in: 3) {
            properties.append("\"\(name)\":\(member(&random))")
        }
        keywords.append("\"properties\":{\(properties.joined(separator: ","))}")
        if random.chance(1, in: 3) { keywords.append("\"required\":[\"\(pick(names, &random))\"]") }
        if random.chance(1, in: 4) {
            let names = "\"\(pick(names, &random))\":[\"\(pick(names, &random))\",\"u\"]"
            keywords.append("\"dependentRequired\":{\(names)}")
        }
        if random.chance(1, in: 3) {
            keywords.append("\"additionalProperties\":" + pick(["true", "false", "{\"type\":\"number\"}"], &random))
        }
        if random.chance(1, in: 6) { keywords.append("\"minProperties\":3") }
        if random.chance(1, in: 6) { keywords.append("\"maxProperties\":6") }
        keywords.append("\"$defs\":{\"small\":{\"maximum\":5},\"text\":{\"type\":[\"string\",\"null\"]}}")
        return "{" + keywords.joined(separator: ",") + "}"
    }

    static func member(_ random: inout SeededRandom) -> String {
        if random.chance(1, in: 12) { return pick(["true", "false", "{}"], &random) }
        var keywords: [String] = []
        if random.chance(1, in: 2) {
            let types = [
                "\"number\"", "\"integer\"", "\"string\"", "[\"number\",\"null\"]", "[\"integer\",\"null\"]",
                "[\"string\",\"null\"]", "\"boolean\"", "[\"integer\",\"string\",\"object\"]", "\"array\"",
            ]
            keywords.append("\"type\":" + pick(types, &random))
        }
        for keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] where random.chance(1, in: 6) {
            keywords.append("\"\(keyword)\":" + pick(limits, &random))
        }
        if random.chance(1, in: 5) {
            keywords.append("\"multipleOf\":" + pick(["1", "0.1", "1e-6", "0.5", "3", "0.3", "1e3", "7e-20"], &random))
        }
        if random.chance(1, in: 6) { keywords.append("\"minLength\":" + pick(["0", "1", "2", "3"], &random)) }
        if random.chance(1, in: 6) { keywords.append("\"maxLength\":" + pick(["1", "2", "20"], &random)) }
        if random.chance(1, in: 8) {
            keywords.append(
                "\"enum\":" + pick(["[\"5G\",\"a\",null]", "[\"ab\"]", "[1,\"a\"]", "[null]", "[]"], &random))
        }
        if random.chance(1, in: 10) {
            keywords.append("\"const\":" + pick(["\"a\"", "5", "null", "{\"a\":1}"], &random))
        }
        if random.chance(1, in: 8) {
            keywords.append("\"pattern\":" + pick(["\"^[0-9]{5}$\"", "\"a\"", "\"^$\"", "\"é\""], &random))
        }
        if random.chance(1, in: 8) { keywords.append("\"format\":" + pick(["\"date-time\"", "\"date\""], &random)) }
        if random.chance(1, in: 8) {
            keywords.append("\"$ref\":" + pick(["\"#/$defs/small\"", "\"#/$defs/text\""], &random))
        }
        if random.chance(1, in: 10) { keywords.append("\"allOf\":[{\"minimum\":0},{\"maxLength\":2}]") }
        if random.chance(1, in: 12) { keywords.append("\"anyOf\":[{\"type\":\"string\"},{\"minimum\":0}]") }
        return "{" + keywords.joined(separator: ",") + "}"
    }
}
