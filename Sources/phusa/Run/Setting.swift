import DeltaLake
import MQTTSource
import Pipeline

/// One value of the configuration: its key in the file, and how its text is read.
///
/// The same text can come from the file, from the environment and from `--set key=value`, in this order of precedence.
struct Setting: Sendable {
    /// Such as `broker.host`.
    let key: String
    let help: String
    /// What holds when nobody says anything, for people.
    let standard: String
    /// Puts the value in, or returns what kind of text was expected.
    let apply: @Sendable (inout RunConfiguration, String) -> Expectation?

    /// What a text should have been; nil from `apply` means that it was right.
    struct Expectation: Error, Equatable {
        let text: String
    }

    /// The name of the environment variable: `PHUSA_BROKER_HOST` for `broker.host`.
    var variable: String { "PHUSA_" + key.uppercased().replacing(".", with: "_") }

    static func named(_ key: String) -> Setting? { all.first { $0.key == key } }

    static let all: [Setting] = [
        text("data", "folder for journal and tables", "var") { $0.data = $1 },
        text("schemas", "folder with streams, areas and so on", "Schemas") { $0.schemas = $1 },
        list("areas", "files of areas besides those in schemas/areas: GeoJSON outlines, CSV tables", "none") {
            $0.areas = $1
        },
        word("node", "name of this process in commits and segments; must stay the same", "phusa") { $0.node = $1 },
        number("lanes", "connections, each with its own journal; they share the topics", "1", in: 1...64) {
            $0.lanes = $1
        },

        text("broker.host", "host name or address of the MQTT broker", "127.0.0.1") { $0.broker.host = $1 },
        number("broker.port", "its port; 8883 is usual with TLS", "1883", in: 1...65_535) { $0.broker.port = $1 },
        choice("broker.version", "MQTT version", "5", MQTTVersion.allCases.map(\.rawValue)) {
            $0.broker.version = MQTTVersion(rawValue: $1) ?? .version5
        },
        text("broker.client_id", "name of the session; must stay the same", "<node>-<lane>") { $0.clientID = $1 },
        text("broker.username", "user", "none") { $0.broker.username = $1 },
        text("broker.password", "password; better given by the environment", "none") { $0.broker.password = $1 },
        number("broker.qos", "quality of service asked for: 0 may lose messages", "1", in: 0...2) {
            $0.qualityOfService = QualityOfService(rawValue: UInt8($1)) ?? .atLeastOnce
        },
        list("broker.subscribe", "topic filters instead of those of the streams, such as telemetry/#", "from streams") {
            $0.subscribe = $1
        },
        text("broker.shared_group", "group for $share subscriptions, to divide topics among processes", "none") {
            $0.broker.sharedGroup = $1
        },
        duration("broker.keep_alive", "longest silence on the connection", "60s", from: 1000) {
            $0.broker.keepAliveSeconds = Int($1 / 1000)
        },
        duration(
            "broker.session_expiry", "how long the broker keeps messages while phusa is away", "7d", from: 1000
        ) {
            $0.broker.sessionExpirySeconds = UInt32(clamping: $1 / 1000)
        },
        number("broker.receive_maximum", "messages under way unacknowledged (MQTT 5)", "10000", in: 1...65_535) {
            $0.broker.receiveMaximum = $1
        },
        bytes("broker.packet_limit", "an MQTT 5 broker drops what is larger without a word", "8MiB") {
            $0.broker.maximumPacketByteCount = $1
        },
        flag("broker.tls.enabled", "encrypt the connection", "false") { $0.usesTLS = $1 },
        text("broker.tls.ca_file", "PEM file of the authorities to trust", "the system's") {
            $0.security.authorityFile = $1
        },
        text("broker.tls.ca_folder", "folder of such files", "none") { $0.security.authorityFolder = $1 },
        text("broker.tls.certificate_file", "PEM file of this client's certificate", "none") {
            $0.security.certificateFile = $1
        },
        text("broker.tls.key_file", "PEM file of its key", "none") { $0.security.keyFile = $1 },
        text("broker.tls.key_password", "opens the key file", "none") { $0.security.keyPassword = $1 },
        text("broker.tls.version", "tlsv1.2 or tlsv1.3", "1.2 or later") { $0.security.version = $1 },
        text("broker.tls.ciphers", "OpenSSL cipher list for TLS 1.2", "OpenSSL's") { $0.security.ciphers = $1 },
        text("broker.tls.alpn", "protocol asked for in ALPN", "none") { $0.security.applicationProtocol = $1 },
        flag("broker.tls.any_host_name", "accept a certificate for another host: for tests only", "false") {
            $0.security.acceptsAnyHostName = $1
        },

        bytes("journal.limit", "size at which phusa leaves the broker until there is room", "8GiB") {
            $0.journalByteLimit = $1
        },
        bytes("journal.file", "size of one journal file", "64MiB") { $0.journalFileByteCount = $1 },
        bytes("journal.reserve", "free space that must stay on the disk", "1GiB") { $0.diskReserve = $1 },

        duration("commit.interval", "commit at the latest after this time …", "15s") {
            $0.cadence.intervalMilliseconds = $1
        },
        number("commit.readings", "… or this many readings …", "262144", in: 1...16_777_216) {
            $0.cadence.readingCount = $1
        },
        bytes("commit.bytes", "… or this much in memory", "64MiB") { $0.cadence.byteCount = $1 },
        number("commit.compression", "zstd level of segments, 1 fast to 19 small", "3", in: 1...19) {
            $0.compressionLevel = Int32($1)
        },

        flag("tables.compact", "write small segments of quiet partitions together, in the background", "true") {
            $0.upkeep.compacts = $1
        },
        duration("tables.compact_after", "a partition is quiet so long after its hour or day", "1h", from: 0) {
            $0.upkeep.compaction.quietMilliseconds = $1
        },
        bytes("tables.target_size", "segments become at most so large, and have a million rows at most", "64MiB") {
            $0.upkeep.compaction.targetByteCount = Int64($1)
        },
        number("tables.checkpoint_every", "commits from one checkpoint of a log to the next", "100", in: 1...100_000) {
            $0.upkeep.log.checkpointInterval = Int64($1)
        },
        duration("tables.keep_log", "how long commits stay that a checkpoint stands for", "30d") {
            $0.upkeep.log.logMilliseconds = $1
        },
        duration("tables.keep_removed", "how long removed segments stay for readers of older versions", "7d", from: 0) {
            $0.upkeep.log.deletedFileMilliseconds = $1
        },
        number("tables.niceness", "how much this gives way to everything else, as nice", "10", in: 0...19) {
            $0.upkeep.niceness = $1
        },
        duration("tables.look_every", "how often the tables are looked at for this", "1m") {
            $0.upkeep.lookMilliseconds = $1
        },

        Setting(
            key: "feedback.topic",
            help: "where senders are told of refusals: {topic}/refused, or with {stream}, {device}, {1}, {2} …",
            standard: "none"
        ) { configuration, text in
            do throws(FeedbackTopicError) {
                configuration.feedbackTopic = try FeedbackTopic(text)
                return nil
            } catch {
                return Expectation(
                    text: "a topic with {topic}, {stream}, {device} or levels such as {2}: it \(error.problem)")
            }
        },
        choice(
            "feedback.language", "language of these notes", "both",
            FeedbackConfiguration.Language.allCases.map(\.rawValue)
        ) {
            $0.feedbackLanguage = FeedbackConfiguration.Language(rawValue: $1) ?? .both
        },
        number("feedback.per_device_per_minute", "notes a minute for one topic at the most", "10", in: 1...6000) {
            $0.feedbackNotesPerMinute = $1
        },
        number("feedback.qos", "quality of service of these notes", "0", in: 0...1) {
            $0.feedbackQualityOfService = QualityOfService(rawValue: UInt8($1)) ?? .atMostOnce
        },
        flag("sparkplug.rebirth", "ask Sparkplug nodes for birth certificates that are missing", "true") {
            $0.asksForRebirths = $1
        },

        // 256 MiB: MQTT has no larger message.
        bytes("message.limit", "larger payloads are kept as dead letters, not taken apart", "256KiB", to: 256 << 20) {
            $0.maximumPayloadByteCount = $1
        },
    ]
}

extension Setting {
    /// The variables of the environment that hold settings.
    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for setting in all { variables[setting.variable] = Terminal.environment(setting.variable) }
        return variables
    }
}

// MARK: Kinds of values

extension Setting {
    private static func text(
        _ key: String, _ help: String, _ standard: String,
        _ set: @escaping @Sendable (inout RunConfiguration, String) -> Void
    ) -> Setting {
        Setting(key: key, help: help, standard: standard) { configuration, text in
            guard !text.isEmpty else { return Expectation(text: "a text that is not empty") }
            set(&configuration, text)
            return nil
        }
    }

    private static func word(
        _ key: String, _ help: String, _ standard: String,
        _ set: @escaping @Sendable (inout RunConfiguration, String) -> Void
    ) -> Setting {
        Setting(key: key, help: help, standard: standard) { configuration, text in
            let isWord = !text.isEmpty && text.utf8.count <= 64 && text.utf8.allSatisfy(isWordByte)
            guard isWord else { return Expectation(text: "a name of letters, digits, - and _") }
            set(&configuration, text)
            return nil
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func number(
        _ key: String, _ help: String, _ standard: String, in range: ClosedRange<Int>,
        _ set: @escaping @Sendable (inout RunConfiguration, Int) -> Void
    ) -> Setting {
        Setting(key: key, help: help, standard: standard) { configuration, text in
            guard let number = Int(text), range.contains(number) else {
                return Expectation(text: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            set(&configuration, number)
            return nil
        }
    }

    private static func choice(
        _ key: String, _ help: String, _ standard: String, _ words: [String],
        _ set: @escaping @Sendable (inout RunConfiguration, String) -> Void
    ) -> Setting {
        Setting(key: key, help: help, standard: standard) { configuration, text in
            guard words.contains(text) else { return Expectation(text: words.joined(separator: " or ")) }
            set(&configuration, text)
            return nil
        }
    }

    private static func flag(
        _ key: String, _ help: String, _ standard: String,
        _ set: @escaping @Sendable (inout RunConfiguration, Bool) -> Void
    ) -> Setting {
        Setting(key: key, help: help, standard: standard) { configuration, text in
            guard let value = Bool(text) else { return Expectation(text: "true or false") }
            set(&configuration, value)
            return nil
        }
    }

    private static func list(
        _ key: String, _ help: String, _ standard: String,
        _ set: @escaping @Sendable (inout RunConfiguration, [String]) -> Void
    ) -> Setting {
        Setting(key: key, help: help, standard: standard) { configuration, text in
            let parts = text.split(separator: ",").map { trimmed($0) }
            guard !parts.isEmpty, !parts.contains("") else { return Expectation(text: "texts separated by commas") }
            set(&configuration, parts)
            return nil
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// The value arrives in milliseconds, of which there are at least `shortest` and at most those of 100 years.
    private static func duration(
        _ key: String, _ help: String, _ standard: String, from shortest: Int64 = 1,
        _ set: @escaping @Sendable (inout RunConfiguration, Int64) -> Void
    ) -> Setting {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        let longest: Int64 = 36_500 * 86_400_000
        return Setting(key: key, help: help, standard: standard) { configuration, text in
            guard let value = quantity(text, units: units), (shortest...longest).contains(value) else {
                let range = shortest > 1 ? "from \(shortest / 1000)s to 36500d" : "at most 36500d"
                return Expectation(text: "a time with its unit: 500ms, 15s, 5m, 1h or 7d, \(range)")
            }
            set(&configuration, value)
            return nil
        }
    }

    /// At most `largest`, without which 4 PiB are the limit: above every disk, and far from overflow.
    private static func bytes(
        _ key: String, _ help: String, _ standard: String, to largest: Int64 = 1 << 52,
        _ set: @escaping @Sendable (inout RunConfiguration, Int) -> Void
    ) -> Setting {
        let units: [(String, Int64)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("B", 1),
        ]
        return Setting(key: key, help: help, standard: standard) { configuration, text in
            guard let value = quantity(text, units: units), (1...largest).contains(value) else {
                return Expectation(
                    text: "a size with its unit: 64KiB, 256MiB or 8GiB, at most \(Format.bytes(Int(largest)))")
            }
            set(&configuration, Int(value))
            return nil
        }
    }

    private static func quantity(_ text: String, units: [(String, Int64)]) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let number = Int64(digits), let factor = units.first(where: { $0.0 == unit })?.1 else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : value
    }
}
