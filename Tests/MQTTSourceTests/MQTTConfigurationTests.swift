import MQTTSource
import Telemetry
import TestSupport
import Testing

struct MQTTConfigurationTests {
    private func configuration(_ change: (inout MQTTConfiguration) -> Void = { _ in }) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(host: "localhost", clientID: "lane")
        configuration.subscriptions = [MQTTSubscription("telemetry/#")]
        change(&configuration)
        return configuration
    }

    @Test("a sound configuration has no mistakes")
    func sound() {
        #expect(configuration().mistakes().isEmpty)
    }

    @Test("each mistake gets one sentence that names the value")
    func mistakes() {
        let cases: [((inout MQTTConfiguration) -> Void, String)] = [
            ({ $0.host = "" }, "host"),
            ({ $0.host = "mqtt://broker" }, "mqtt://broker"),
            ({ $0.port = 70_000 }, "70000"),
            ({ $0.clientID = "" }, "client id"),
            ({ $0.keepAliveSeconds = 3 }, "3 s"),
            ({ $0.receiveMaximum = 0 }, "receive maximum 0"),
            ({ $0.maximumPacketByteCount = 10 }, "10 bytes"),
            ({ $0.subscriptions = [MQTTSubscription("a/#/b")] }, "a/#/b"),
            ({ $0.subscriptions.append($0.subscriptions[0]) }, "twice"),
            ({ $0.sharedGroup = "a/b" }, "a/b"),
            ({ $0.maximumReconnectDelay = .zero }, "reconnect"),
            (
                {
                    $0.version = .version311
                    $0.password = "secret"
                }, "user name"
            ),
            (
                {
                    var security = MQTTSecurity()
                    security.authorityFile = "/nowhere/ca.crt"
                    $0.security = security
                }, "/nowhere/ca.crt"
            ),
            (
                {
                    var security = MQTTSecurity()
                    security.version = "sslv3"
                    $0.security = security
                }, "sslv3"
            ),
        ]
        for (change, word) in cases {
            let mistakes = configuration(change).mistakes()
            #expect(mistakes.count == 1 && mistakes.first?.contains(word) == true, "\(word): \(mistakes)")
            #expect(mistakes.allSatisfy { !$0.contains("secret") })
        }
    }

    @Test("a source refuses to start with mistakes, and without a filter")
    func refuses() {
        let error = #expect(throws: MQTTError.self) {
            _ = try MQTTSource(configuration: configuration { $0.subscriptions = [] })
        }
        guard case .configuration(let mistakes) = error else { return #expect(Bool(false)) }
        #expect(mistakes.count == 1 && mistakes[0].contains("topic filter"))
    }
}

struct ReconnectScheduleTests {
    @Test("delays double with jitter up to the maximum, and start anew after a stable connection")
    func delays() {
        for seed in UInt64(1)...50 {
            var random = SeededRandom(seed: seed)
            var schedule = ReconnectSchedule(firstDelay: .milliseconds(250), maximumDelay: .seconds(30))
            var expected = Duration.milliseconds(250)
            for _ in 0..<100 {
                let delay = schedule.delay(afterConnectionOf: .zero, using: &random)
                #expect(delay >= expected * 0.49 && delay <= expected * 1.01, "seed \(seed)")
                expected = min(expected * 2, .seconds(30))
            }
            // A connection that breaks at once is no reason to hurry.
            #expect(schedule.delay(afterConnectionOf: .seconds(1), using: &random) >= .seconds(14))
            #expect(schedule.delay(afterConnectionOf: .seconds(60), using: &random) <= .milliseconds(253))
        }
    }
}
