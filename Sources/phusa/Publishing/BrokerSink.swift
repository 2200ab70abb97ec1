import Glibc
import MQTTSource

/// Messages on their way to a broker.
struct BrokerSink: ~Copyable {
    /// How long the last acknowledgements may take.
    private static let patience = Duration.seconds(60)

    private var publisher: MQTTPublisher
    private let place: String
    private let qualityOfService: QualityOfService

    /// Connects.
    ///
    /// - Throws: a sentence that says why the broker cannot be reached.
    init(_ options: BrokerOptions, command: String) throws(CommandFailure) {
        // A broken connection is an error of a write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let configuration = options.configuration(for: command)
        place = "\(configuration.host):\(configuration.port)"
        qualityOfService = options.qualityOfService
        do throws(MQTTError) {
            publisher = try Self.connect(configuration)
        } catch {
            throw Self.failure(error, place: place)
        }
    }

    private static func connect(_ configuration: MQTTConfiguration) throws(MQTTError) -> MQTTPublisher {
        var publisher = try MQTTPublisher(configuration: configuration)
        try publisher.connect()
        return publisher
    }

    mutating func send(topic: String, payload: [UInt8]) throws(CommandFailure) {
        do throws(MQTTError) {
            // Safe: UInt8 has no padding.
            let bytes = unsafe payload.span.bytes
            try publisher.publish(topic: topic, payload: bytes, qualityOfService: qualityOfService)
        } catch {
            throw Self.failure(error, place: place)
        }
    }

    /// Answers the broker while there is nothing to send, until `deadline`.
    mutating func idle(until deadline: ContinuousClock.Instant) {
        publisher.flush()
        while !Interruption.hasCome {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return }
            publisher.poll(timeout: min(left, .milliseconds(200)))
        }
    }

    /// What happened on the connection since the last call, as sentences.
    mutating func news() -> [String] {
        var sentences: [String] = []
        while let event = publisher.nextEvent() {
            switch event {
            case .disconnected(let reason) where reason.cause != .left: sentences.append(reason.sentence)
            case .reconnecting(let delay): sentences.append("Connecting again in \(Format.duration(delay)).")
            default: break
            }
        }
        return sentences
    }

    /// Waits for what is not acknowledged yet, and leaves.
    ///
    /// - Throws: a sentence with how many messages the broker did not take.
    mutating func finish() throws(CommandFailure) {
        let isDrained = publisher.drain(timeout: Self.patience)
        publisher.leave()
        let counts = publisher.counts
        if !isDrained {
            throw .failure(
                "\(place) has not acknowledged \(Format.counted(counts.inFlight, "message")) within "
                    + "\(Format.duration(Self.patience)); look at the broker's log, and send the rest again.")
        }
        if counts.failedTotal > 0 {
            let codes = counts.failed.keys.sorted().map { "0x\(String($0, radix: 16))" }.joined(separator: ", ")
            throw .failure(
                "\(place) refused \(Format.counted(counts.failedTotal, "message")) (MQTT reason \(codes)); "
                    + "check what this user may publish to.")
        }
        if counts.lost > 0 {
            throw .failure(
                "\(Format.counted(counts.lost, "message")) were lost when the connection broke; --qos 1 sends again.")
        }
    }

    private static func failure(_ error: MQTTError, place: String) -> CommandFailure {
        switch error {
        case .configuration(let mistakes): .usage(mistakes.joined(separator: " "))
        case .library(let operation, let text): .failure("libmosquitto cannot \(operation) to \(place): \(text).")
        case .invalidTopic(let topic):
            .failure("Nothing can be published to the topic \(topic): it is empty, has a wildcard or is not UTF-8.")
        case .tooLarge(let byteCount):
            .failure("A message of \(Format.bytes(byteCount)) is larger than \(place) takes.")
        case .notConnected(let sentence): .failure(sentence)
        }
    }
}
