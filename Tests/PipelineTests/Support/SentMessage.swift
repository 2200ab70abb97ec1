import Telemetry
import TestSupport

/// A message of a test with what must become of its readings.
struct SentMessage {
    enum Fate: Equatable {
        case good(Identity, tag: Int64, time: Int64)
        case refused(reason: String)
    }

    struct Identity: Hashable {
        var device: String
        var seq: Int64?
    }

    var topic: String
    var payload: [UInt8]
    var arrival: Int64
    /// The stream's index; nil when no stream takes the topic.
    var stream: Int?
    /// One for each reading, in their order.
    var fates: [Fate]
    var flags = MessageFlags(qualityOfService: 1, isRetained: false)
}

extension SentMessage {
    /// A message with one good reading.
    static func reading(
        _ stream: Int, device: String, seq: Int64? = nil, tag: Int64, arrival: Int64, time: Int64? = nil
    ) -> SentMessage {
        SentMessage(
            topic: "\(TestStreams.names[stream])/\(device)",
            payload: Array(text(device: device, seq: seq, tag: tag, time: time ?? arrival).utf8), arrival: arrival,
            stream: stream, fates: [.good(Identity(device: device, seq: seq), tag: tag, time: time ?? arrival)])
    }

    static func text(device: String, seq: Int64?, tag: Int64, time: Int64) -> String {
        let start = #"{"t":"\#(EventTime(microsecondsSinceEpoch: time))","device":"\#(device)","tag":\#(tag)"#
        return start + (seq.map { #","seq":\#($0)"# } ?? "") + "}"
    }
}

/// Makes messages of every kind.
struct MessageMaker {
    /// How readings that were sent before are sent again.
    enum Repetition {
        /// Now and then, in either stream, after any time.
        case anywhere
        /// In the stream with the long window only: whatever the order, one of them is stored.
        case withinWindow
    }

    var random: SeededRandom
    let repetition: Repetition
    private var nextTag: Int64 = 0
    private var sent: [[SentMessage.Identity]] = [[], []]

    init(seed: UInt64, repetition: Repetition) {
        random = SeededRandom(seed: seed)
        self.repetition = repetition
    }

    mutating func message(arrival: Int64) -> SentMessage {
        if random.chance(1, in: 14) { return refusedWhole(arrival: arrival) }
        let stream = Int.random(in: 0...1, using: &random)
        let isArray = random.chance(1, in: 5)
        var fates: [SentMessage.Fate] = []
        var texts: [String] = []
        for _ in 0..<(isArray ? Int.random(in: 1...6, using: &random) : 1) {
            let (text, fate) = random.chance(1, in: 9) ? refused(arrival) : good(stream, arrival)
            texts.append(text)
            fates.append(fate)
        }
        let payload = isArray ? "[\(texts.joined(separator: ", "))]" : texts[0]
        return SentMessage(
            topic: "\(TestStreams.names[stream])/d\(Int.random(in: 0..<5, using: &random))",
            payload: Array(payload.utf8), arrival: arrival, stream: stream, fates: fates)
    }

    // MARK: Readings

    private mutating func good(_ stream: Int, _ arrival: Int64) -> (String, SentMessage.Fate) {
        nextTag += 1
        var identity = SentMessage.Identity(
            device: "d-\(nextTag)", seq: random.chance(1, in: 3) ? nil : Int64.random(in: 0...9, using: &random))
        let mayRepeat = repetition == .anywhere || stream == TestStreams.slow
        if mayRepeat, !sent[stream].isEmpty, random.chance(1, in: 4) {
            // Mostly of late, sometimes of long ago.
            let age = Int.random(in: 1...(random.chance(1, in: 3) ? sent[stream].count : 8), using: &random)
            identity = sent[stream][max(0, sent[stream].count - age)]
        }
        sent[stream].append(identity)
        let time = arrival - lateness()
        var members = [
            #""t":"\#(EventTime(microsecondsSinceEpoch: time))""#, #""device":"\#(identity.device)""#,
            #""tag":\#(nextTag)"#,
        ]
        // An absent member is null in the identity.
        if let seq = identity.seq { members.append(#""seq":\#(seq)"#) }
        if random.chance(1, in: 2) { members.append(#""level":\#(level())"#) }
        if random.chance(1, in: 4) { members.append(#""more":{"x":[1,2.5,"é\n"]}"#) }
        members.shuffle(using: &random)
        return ("{\(members.joined(separator: ","))}", .good(identity, tag: nextTag, time: time))
    }

    private mutating func level() -> Double { Double(Int64.random(in: -200...200, using: &random)) / 2 }

    /// Mostly seconds, now and then hours, days or decades: times before 1970 as well.
    private mutating func lateness() -> Int64 {
        switch Int.random(in: 0..<24, using: &random) {
        case 0: Int64.random(in: 0..<86_400_000_000 * 20, using: &random)
        case 1: Int64.random(in: 0..<86_400_000_000 * 365 * 90, using: &random)
        case 2: -Int64.random(in: 0..<59_000_000, using: &random)
        default: Int64.random(in: 0..<30_000_000, using: &random)
        }
    }

    private mutating func refused(_ arrival: Int64) -> (String, SentMessage.Fate) {
        let now = "\(EventTime(microsecondsSinceEpoch: arrival))"
        let start = #"{"t":"\#(now)","device":"x","tag":1"#
        let all: [(String, RefusalReason)] = [
            ("7", .type), (#"{"t":"\#(now)","device":4,"tag":1}"#, .type), (start + #","seq":-1}"#, .range),
            (start + #","seq":null}"#, .type), (start + #","level":0.25}"#, .multipleOf),
            (#"{"t":"\#(now)","device":"x"}"#, .required), (start + #","kind":"c"}"#, .enumeration),
            (#"{"t":"\#(now)","device":"","tag":1}"#, .length), (#"{"t":"\#(now)","device":"X Y","tag":1}"#, .pattern),
            (#"{"t":"yesterday","device":"x","tag":1}"#, .format),
            (start + #","mail":"2026-02-30"}"#, .format), (start + #","tag":2}"#, .duplicateKey),
            (
                #"{"t":"\#(EventTime(microsecondsSinceEpoch: arrival + 61_000_000))","device":"x","tag":1}"#,
                .clockFuture
            ),
            (#"{"t":"1900-01-01T00:00:00Z","device":"x","tag":1}"#, .clockPast),
        ]
        let (text, reason) = all[Int.random(in: 0..<all.count, using: &random)]
        return (text, .refused(reason: reason.rawValue))
    }

    private mutating func refusedWhole(arrival: Int64) -> SentMessage {
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        let all: [([UInt8], RefusalReason)] = [
            ([], .empty), (Array(" \n".utf8), .empty), (Array("[]".utf8), .empty), (Array("hello".utf8), .notJSON),
            (Array(#"{"t":"2026"#.utf8), .truncated), ([0x22, 0xC3, 0x28, 0x22], .invalidUTF8),
            (Array(deep.utf8), .tooDeep), (Array(#"{"seq":123456789012345678901}"#.utf8), .numberOutOfRange),
            ([UInt8](repeating: 0x20, count: 2001), .tooLarge),
        ]
        let (payload, reason) = all[Int.random(in: 0..<all.count, using: &random)]
        let isUnknown = random.chance(1, in: 4)
        let topic =
            isUnknown ? ["", "fast", "fast/a/b", "$SYS/x", "ﬁ/é"][Int.random(in: 1..<5, using: &random)] : "fast/1"
        return SentMessage(
            topic: topic, payload: payload, arrival: arrival, stream: isUnknown ? nil : TestStreams.fast,
            fates: [.refused(reason: (isUnknown ? .unknownTopic : reason).rawValue)])
    }
}
