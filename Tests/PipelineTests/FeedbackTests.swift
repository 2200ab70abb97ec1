import JSONDocument
import MQTTSource
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// What is sent back to fleets.
struct FeedbackTests {
    // MARK: Topics

    @Test(
        "a feedback topic is made from that of the message, its stream and its device",
        arguments: [
            ("{topic}/refused", "telemetry/hcm/coverage/d1/refused"),
            ("feedback/{2}/{stream}/{device}", "feedback/hcm/coverage/device_7"),
            ("telemetry/{2}/{stream}/{device}/refused", "telemetry/hcm/coverage/device_7/refused"),
            ("city-{2}/x", "city-hcm/x"), ("fixed", "fixed"), ("{1}/{9}", nil),
        ])
    func topics(template: String, expected: String?) throws {
        let topic = try FeedbackTopic(template)
            .topic(for: "telemetry/hcm/coverage/d1", stream: "coverage", device: "device+7")
        #expect(topic == expected)
    }

    @Test("without a known device the last level stands for it, without a stream a word")
    func unknown() throws {
        let topic = try FeedbackTopic("{stream}/{device}").topic(for: "a/b/c", stream: nil, device: nil)
        #expect(topic == "unknown/c")
    }

    @Test(
        "a template that cannot be published to is refused with what is wrong",
        arguments: ["", "a/+/b", "a/#", "{topic", "x{topic}", "{city}/refused", "{0}"])
    func badTemplates(template: String) {
        #expect(throws: FeedbackTopicError.self) { try FeedbackTopic(template) }
    }

    @Test(
        "a template whose topics a subscription could take is found out",
        arguments: [
            ("{topic}/refused", ["telemetry/+/coverage/+"], nil),
            ("{topic}/refused", ["telemetry/#"], "telemetry/#"),
            ("{topic}/refused", ["a/+", "a/b/+"], "a/b/+"),
            ("{topic}/refused", ["$share/group/telemetry/#"], "$share/group/telemetry/#"),
            ("feedback/{topic}", ["telemetry/#", "+/x"], nil),
            ("feedback/{topic}", ["#"], "#"),
            ("telemetry/{2}/{stream}/{device}", ["telemetry/+/coverage/+"], "telemetry/+/coverage/+"),
            ("telemetry/{2}/refusals/{device}", ["telemetry/+/coverage/+"], nil),
            ("telemetry/{2}/refusals", ["telemetry/+/coverage/+", "telemetry/hcm/+"], "telemetry/hcm/+"),
        ] as [(String, [String], String?)])
    func loops(template: String, filters: [String], found: String?) throws {
        #expect(try FeedbackTopic(template).loop(among: filters) == found)
    }

    // MARK: The outbox

    @Test("a full outbox drops what comes and counts it")
    func outbox() {
        let outbox = Outbox()
        for number in 0..<(Outbox.itemLimit + 10) { outbox.offer(.rebirth(commandTopic: "\(number)")) }
        var taken = outbox.takeAll()
        #expect(taken.items.count == Outbox.itemLimit && taken.droppedCount == 10)
        let long = String(repeating: "x", count: Outbox.byteLimit / 2)
        for _ in 0..<3 { outbox.offer(.rebirth(commandTopic: long)) }
        taken = outbox.takeAll()
        #expect(taken.items.count == 1 && taken.droppedCount == 2)
        #expect(outbox.takeAll().items.isEmpty)
    }

    @Test("a topic has its share of notes in each minute, and what the journal held at the start has none")
    func shares() throws {
        let messages = Self.messages(30)
        let outbox = Outbox()
        var configuration = FeedbackConfiguration(connection: MQTTConfiguration(host: "h", clientID: "c"))
        configuration.topic = try FeedbackTopic("{topic}/refused")
        configuration.notesPerMinute = 3
        var feedback = FoldFeedback(outbox, configuration, knownThrough: JournalOffset(6))
        // Two topics in turn, twelve messages a minute.
        for index in 0..<messages.count {
            feedback.tell(
                Refusal(.range, sentence: "s"), reading: nil, messageAt: index, of: messages, stream: nil)
        }
        let taken = outbox.takeAll()
        let told = taken.items.compactMap { if case .refusal(let note) = $0 { note.topic } else { nil } }
        #expect(
            told == ["t/0", "t/1", "t/0", "t/1", "t/0", "t/1"] + ["t/0", "t/1", "t/0", "t/1", "t/0", "t/1"]
                + ["t/0", "t/1", "t/0", "t/1", "t/0", "t/1"])
        #expect(taken.droppedCount == 24 - 18)
    }

    private static func messages(_ count: Int) -> MessageBatch {
        var messages = MessageBatch(byteCapacity: 4096, messageCapacity: count)
        for number in 0..<count {
            messages.append(
                topic: "t/\(number % 2)".utf8Bytes, payload: "{}".utf8Bytes,
                arrival: EventTime(microsecondsSinceEpoch: 60_000_000 * Int64(number / 12)), flags: [])
        }
        messages.firstOffset = JournalOffset(1)
        return messages
    }

    // MARK: Notes

    @Test("a note says reason, place, sentence in both languages, topic, time and schema version")
    func note() throws {
        let refusal = Refusal(
            .range, pointer: "/1/rsrp", byteOffset: 7, sentence: "/1/rsrp is 12, the maximum is -44")
        let payload = Array(#"[{"device":"a"},{"x":1,"device":"d-é"}]"#.utf8)
        let note = RefusalNote(
            stream: "coverage", deviceMember: "device", schemaVersion: "1.1", topic: "t/x",
            arrival: EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000), refusal: refusal, readingIndex: 1,
            payload: payload)
        let text = FeedbackText(note: note, language: .both)
        #expect(text.device == "d-é")
        #expect(
            String(decoding: text.json, as: UTF8.self)
                == #"{"reason":"range","pointer":"/1/rsrp","byte_offset":7,"reading":1,"sentence":{"#
                + #""en":"/1/rsrp is 12, the maximum is -44","#
                + #""vi":"/1/rsrp có giá trị 12, lớn hơn mức tối đa là -44"},"stream":"coverage","#
                + #""schema_version":"1.1","topic":"t/x","time":"2026-11-21T08:00:00Z"}"#)
        let vietnamese = String(decoding: FeedbackText(note: note, language: .vietnamese).json, as: UTF8.self)
        #expect(vietnamese.contains(#""sentence":"/1/rsrp có giá trị 12"#))
    }

    @Test("the request for a birth certificate is the protobuf that Sparkplug's schema describes")
    func rebirth() {
        let payload = RebirthCommand.payload(at: EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000))
        // protoc --decode with sparkplug_b.proto reads: timestamp 1795248000000, one metric of that name, the same
        // timestamp, datatype 11 and boolean_value true.
        let time: [UInt8] = [0x80, 0x98, 0xFA, 0xE8, 0x9F, 0x34]
        let metric = [0x0A, 20] + Array("Node Control/Rebirth".utf8) + [0x18] + time + [0x20, 11, 0x70, 1]
        #expect(payload == [0x08] + time + [0x12, UInt8(metric.count)] + metric)
    }

    // MARK: Vietnamese

    @Test("every reason has a sentence in Vietnamese", arguments: RefusalReason.allCases)
    func reasons(reason: RefusalReason) {
        let text = VietnameseSentence.of(Refusal(reason, sentence: "something new about 42"))
        #expect(text.hasSuffix(": something new about 42") && text.count > 30)
        #expect(text.unicodeScalars.contains { $0.value > 0x7F })
    }

    @Test("what the pipeline really says has its own Vietnamese form, with every value and limit in it")
    func realSentences() throws {
        let catalog = try TestStreams.catalog()
        var decoder = RecordDecoder(catalog.streams)
        var columns = ColumnBatch(catalog.streams[0].columns, rowLimit: 1000)
        var maker = MessageMaker(seed: 11, repetition: .anywhere)
        var found: Set<String> = []
        for number in 0..<3000 {
            let message = maker.message(arrival: 1_795_248_000_000_000 + Int64(number))
            guard message.stream == 0 else { continue }
            let padded = message.payload + [UInt8](repeating: 0, count: JSONParser.paddingByteCount)
            columns.removeAll()
            let bytes = unsafe padded.span.bytes.extracting(first: message.payload.count)
            decoder.decode(
                PayloadInput(
                    payload: bytes, topic: message.topic.utf8Bytes, toldVersion: nil,
                    arrival: EventTime(microsecondsSinceEpoch: message.arrival)),
                route: TopicRoute(stream: 0, source: 0), into: &columns
            ) { verdict, _ in
                guard case .refused(let refusal) = verdict else { return }
                found.insert(refusal.reason.rawValue)
                let text = VietnameseSentence.translation(of: refusal.sentence)
                #expect(text != nil, "\(refusal.sentence)")
                let numbers = refusal.sentence.split { !$0.isNumber && $0 != "." && $0 != "-" }
                    .filter { $0.contains { $0.isNumber } && !$0.hasPrefix("-") && !$0.hasPrefix(".") }
                for number in numbers {
                    #expect(text?.contains(number) == true, "\(refusal.sentence) -> \(text ?? "") lacks \(number)")
                }
                #expect(text?.contains("{") != true || refusal.sentence.contains("{"), "\(text ?? "")")
            }
        }
        #expect(found.count >= 17, "only \(found.sorted())")
    }

    @Test("each form fits itself, and no earlier form takes it away")
    func forms() {
        let all =
            VietnameseSentence.schemaForms + VietnameseSentence.textForms + VietnameseSentence.payloadForms
        for (english, vietnamese) in all {
            let pieces = english.split(separator: "{}", omittingEmptySubsequences: false)
            var sentence = String(pieces[0])
            var expected = vietnamese
            for (number, piece) in pieces.dropFirst().enumerated() {
                sentence += "V\(number)" + piece
                expected = expected.replacing("{\(number)}", with: "V\(number)")
                    .replacing("{\(number)s}", with: "V\(number)")
            }
            #expect(VietnameseSentence.translation(of: sentence) == expected, "\(english)")
        }
    }
}
