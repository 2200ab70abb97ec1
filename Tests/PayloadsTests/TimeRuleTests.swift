import Foundation
import JSONDocument
import Telemetry
import Testing

@testable import Payloads

@Suite("Times of mappings")
struct TimeRuleTests {
    static func zone(_ name: String) throws -> CivilTimeZone {
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(CivilTimeZone.folder)/\(name)"))
        return try CivilTimeZone(name: name, file: Array(file))
    }

    /// The text that a JSON value becomes, or `!` and the sentence.
    private func converted(_ json: String, _ rule: TimeRule) throws -> String {
        var parser = JSONParser()
        let document = try parser.parse(json)
        var bytes: [UInt8] = []
        if let problem = rule.convert(document, at: document.root, to: &bytes) { return "!\(problem)" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "times with a zone become UTC, with digits of the fraction in threes",
        arguments: [
            ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z"), ("2026-11-21t15:00:00+07:00", "2026-11-21T08:00:00Z"),
            ("2026-11-21 08:00:00.1Z", "2026-11-21T08:00:00.100Z"),
            ("2019-07-16T15:26:05.987748459-04:00", "2019-07-16T19:26:05.987748Z"),
            ("2026-11-21T08:00+0000", "2026-11-21T08:00:00Z"), ("2026-11-21T08:00:00,5+01", "2026-11-21T07:00:00.500Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"), ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250Z"),
        ])
    func instants(text: String, expected: String) throws {
        #expect(try converted("\"\(text)\"", TimeRule()) == "\"\(expected)\"")
    }

    @Test(
        "what is no time is refused with what it is",
        arguments: [
            (#""2026-02-30T08:00:00Z""#, "as RFC 3339 writes them"), (#""2026-11-21T24:00:00Z""#, "as RFC 3339"),
            (#""2026-11-21""#, "as RFC 3339"), (#""2020-03-17TT08:45:00Z""#, "as RFC 3339"),
            (#""2026-11-21T08:00:00+24:00""#, "as RFC 3339"), (#""nan""#, "as RFC 3339"), (#""""#, "as RFC 3339"),
            (#""2026-11-21T08:00:00""#, "without a zone"), ("1", "is a number"), ("true", "is no time"),
            (#""2016-03-15T11:00:00Z/2016-03-15T12:00:00Z""#, "is an interval"),
            (#""9999-12-31T23:59:59-01:00""#, "outside the years"), (#""2026-11-21T08:00:00.Z""#, "as RFC 3339"),
        ])
    func refusals(json: String, words: String) throws {
        let text = try converted(json, TimeRule())
        #expect(text.hasPrefix("!") && text.contains(words), "\(text)")
    }

    @Test(
        "numbers are counted from 1970 in their unit, exactly",
        arguments: [
            ("1672867882173", TimeRule.Epoch.milliseconds, "2023-01-04T21:31:22.173Z"),
            ("1364529149", .seconds, "2013-03-29T03:52:29Z"), ("1364529149.25", .seconds, "2013-03-29T03:52:29.250Z"),
            ("\"1364529149\"", .seconds, "2013-03-29T03:52:29Z"),
            ("1672867882173456", .microseconds, "2023-01-04T21:31:22.173456Z"),
            ("1672867882173456789", .nanoseconds, "2023-01-04T21:31:22.173456Z"),
            ("-1", .nanoseconds, "1969-12-31T23:59:59.999999Z"), ("-0.5", .seconds, "1969-12-31T23:59:59.500Z"),
            ("\"2026-11-21T08:00:00Z\"", .seconds, "2026-11-21T08:00:00Z"),
        ])
    func epochs(json: String, epoch: TimeRule.Epoch, expected: String) throws {
        #expect(try converted(json, TimeRule(epoch: epoch)) == "\"\(expected)\"")
    }

    @Test("numbers outside the years 0000 to 9999 are refused", arguments: ["1e30", "253402300800", "-62167219201"])
    func epochRange(json: String) throws {
        #expect(try converted(json, TimeRule(epoch: .seconds)).contains("outside the years"))
    }

    @Test("either end of an interval counts, and a single time is both")
    func intervals() throws {
        let interval = #""2016-03-15T11:00:00Z/2016-03-15T12:00:00Z""#
        #expect(try converted(interval, TimeRule(part: .start)) == #""2016-03-15T11:00:00Z""#)
        #expect(try converted(interval, TimeRule(part: .end)) == #""2016-03-15T12:00:00Z""#)
        #expect(try converted(#""2016-03-15T11:00:00Z""#, TimeRule(part: .end)) == #""2016-03-15T11:00:00Z""#)
    }

    @Test(
        "local times are those of their zone; shown twice the first counts, skipped the time goes on from before",
        arguments: [
            ("Asia/Ho_Chi_Minh", "2026-11-21T15:00:00", "2026-11-21T08:00:00Z"),
            ("Australia/Brisbane", "2018-01-01 00:00:00", "2017-12-31T14:00:00Z"),
            ("Europe/Madrid", "2016-03-15T11:00:00", "2016-03-15T10:00:00Z"),
            ("Europe/Madrid", "2016-07-15T11:00:00", "2016-07-15T09:00:00Z"),
            // 2026-03-29 02:30 does not exist there, 2026-10-25 02:30 exists twice.
            ("Europe/Madrid", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            ("Europe/Madrid", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            ("Europe/Madrid", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        ])
    func zones(name: String, text: String, expected: String) throws {
        let rule = TimeRule(zone: try Self.zone(name))
        #expect(try converted("\"\(text)\"", rule) == "\"\(expected)\"")
        #expect(try converted("\"\(text)Z\"", rule) != "\"\(expected)\"", "a time with a zone keeps its own")
    }
}
