import Glibc
import JSONDocument

/// Where messages go that a command makes: to a broker, into a file, or nowhere.
struct MessageSink: ~Copyable {
    /// What a file holds in a line.
    enum LineForm {
        /// An object with the topic and, as a string since it may be anything, the payload.
        case topicAndPayload
        case payload
    }

    private var broker: BrokerSink?
    private var output: Output?
    private let form: LineForm
    private var line: [UInt8] = []

    /// Messages go nowhere.
    init() {
        broker = nil
        output = nil
        form = .payload
    }

    /// Messages go into the file at `path`.
    init(path: String, form: LineForm) throws(CommandFailure) {
        broker = nil
        output = try Output(path: path)
        self.form = form
    }

    /// Messages go to a broker.
    init(_ options: BrokerOptions, command: String) throws(CommandFailure) {
        broker = try BrokerSink(options, command: command)
        output = nil
        form = .payload
    }

    mutating func send(topic: String, payload: [UInt8]) throws(CommandFailure) {
        try broker?.send(topic: topic, payload: payload)
        guard output != nil else { return }
        line.removeAll(keepingCapacity: true)
        switch form {
        case .payload: line.append(contentsOf: payload)
        case .topicAndPayload:
            var writer = JSONWriter(appendingTo: line)
            writer.beginObject()
            writer.name("topic")
            writer.string(topic)
            writer.name("payload")
            // Safe: UInt8 has no padding.
            unsafe writer.string(payload.span.bytes)
            writer.endObject()
            line = writer.bytes
        }
        line.append(UInt8(ascii: "\n"))
        try output?.write(line)
    }

    /// Waits, and meanwhile keeps what holds a connection alive.
    mutating func idle(_ duration: Duration) throws(CommandFailure) {
        guard duration > .zero else { return }
        let deadline = ContinuousClock.now + duration
        if broker != nil {
            broker?.idle(until: deadline)
            return
        }
        // Whoever reads along gets what there is.
        try output?.flush()
        while !Interruption.hasCome {
            let left = ContinuousClock.now.duration(to: deadline).microseconds
            guard left > 0 else { return }
            usleep(UInt32(min(left, 200_000)))
        }
    }

    /// What happened on the connection since the last call, as sentences.
    mutating func news() -> [String] { broker?.news() ?? [] }

    /// Waits until everything has arrived.
    mutating func finish() throws(CommandFailure) {
        try broker?.finish()
        try output?.flush()
    }
}
