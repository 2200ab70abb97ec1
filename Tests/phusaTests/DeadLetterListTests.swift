import Testing

@testable import phusa

@Suite("The list of dead letters")
struct DeadLetterListTests {
    @Test("shows of a long topic its beginning and its end")
    func longTopic() {
        let short = "telemetry/hcm/coverage/hcm-cov-00412"
        #expect(DeadLetterList.shortened(short) == short)
        let long = DeadLetterList.shortened("telemetry/" + String(repeating: "x", count: 60_000) + "/hcm-cov-00412")
        #expect(long.count == 60 && long.hasPrefix("telemetry/xxx") && long.hasSuffix("x/hcm-cov-00412"))
    }
}
