import MQTTSource
import Synchronization
import Telemetry

/// Sends what the folds have put into the outbox, on a thread and a connection of its own.
///
/// A broker that is away costs notes and nothing else: the outbox keeps what fits.
final class FeedbackSender: Sendable {
    /// The name of its connection in events.
    static let laneName = "feedback"

    private static let pause = Duration.milliseconds(100)
    /// How long to go on sending when the pipeline ends.
    private static let patience = Duration.seconds(2)
    private static let reportInterval = Duration.seconds(10)

    let outbox = Outbox()
    let configuration: FeedbackConfiguration
    private let report: @Sendable (PipelineEvent) -> Void
    private let isEnding = Atomic(false)

    init(_ configuration: FeedbackConfiguration, report: @escaping @Sendable (PipelineEvent) -> Void) {
        self.configuration = configuration
        self.report = report
    }

    /// Checks the configuration of the connection.
    func makePublisher() throws(MQTTError) -> MQTTPublisher {
        try MQTTPublisher(configuration: configuration.connection)
    }

    func begin() -> WorkerThread {
        WorkerThread { [self] in
            do throws(MQTTError) {
                var publisher = try makePublisher()
                run(&publisher)
            } catch {
                report(.retrying(lane: Self.laneName, problem: "nothing can be sent to fleets: \(error)"))
            }
        }
    }

    /// Asks the thread to send what there is and to end.
    func end() { isEnding.store(true, ordering: .releasing) }

    private func run(_ publisher: inout MQTTPublisher) {
        // Opens the connection; how it goes comes as events, and `poll` goes on with it.
        try? publisher.connect(timeout: .zero)
        var waiting: [Outbox.Item] = []
        var droppedCount = 0
        var lastReport = ContinuousClock.now
        var deadline: ContinuousClock.Instant?
        while true {
            publisher.poll(timeout: Self.pause)
            while let event = publisher.nextEvent() { report(.broker(lane: Self.laneName, event)) }
            if waiting.isEmpty {
                let taken = outbox.takeAll()
                waiting = taken.items.reversed()
                droppedCount += taken.droppedCount
            }
            while publisher.isConnected, let item = waiting.popLast() {
                guard send(item, with: &publisher) else {
                    waiting.append(item)
                    break
                }
            }
            if droppedCount > 0, lastReport + Self.reportInterval <= .now {
                report(.feedbackDropped(count: droppedCount))
                droppedCount = 0
                lastReport = .now
            }
            guard isEnding.load(ordering: .acquiring) else { continue }
            deadline = deadline ?? .now + Self.patience
            if waiting.isEmpty || deadline.map({ $0 <= .now }) ?? false { break }
        }
        _ = publisher.drain(timeout: publisher.isConnected ? Self.patience : .zero)
        publisher.leave()
        let rest = outbox.takeAll()
        droppedCount += waiting.count + rest.items.count + rest.droppedCount
        if droppedCount > 0 { report(.feedbackDropped(count: droppedCount)) }
    }

    /// - Returns: false when the connection is away, so that the item has to wait.
    private func send(_ item: Outbox.Item, with publisher: inout MQTTPublisher) -> Bool {
        let (topic, payload, type, quality) = message(of: item)
        guard let topic else {
            outbox.countAsDropped(1)
            return true
        }
        do throws(MQTTError) {
            // Safe: UInt8 has no padding.
            try unsafe publisher.publish(
                topic: topic, payload: payload.span.bytes, description: PayloadDescription(contentType: type),
                qualityOfService: quality, patience: Self.pause)
        } catch .notConnected {
            return false
        } catch {
            // A topic that cannot be published to, or a broker that takes no message of this size.
            outbox.countAsDropped(1)
        }
        return true
    }

    private func message(of item: Outbox.Item) -> (String?, [UInt8], String?, QualityOfService) {
        switch item {
        case .refusal(let note):
            let text = FeedbackText(note: note, language: configuration.language)
            let topic = configuration.topic.flatMap { template in
                template.topic(
                    for: note.topic, stream: note.stream, device: template.needsDevice ? text.device : nil)
            }
            return (topic, text.json, "application/json", configuration.qualityOfService)
        case .rebirth(let topic):
            // Commands are sent with quality of service 0: Sparkplug 3.0, section 6.4.24.
            let now = EventTime(microsecondsSinceEpoch: millisecondsNow() * 1000)
            return (topic, RebirthCommand.payload(at: now), nil, .atMostOnce)
        }
    }
}
