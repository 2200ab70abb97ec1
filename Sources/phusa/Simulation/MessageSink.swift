import Telemetry

/// Where the messages of a simulation go.
struct MessageSink: ~Copyable {
    private var output: Output?
    private let payloadsOnly: Bool
    private var line: [UInt8] = []

    /// Writes to `output`; with none, messages go nowhere.
    init(output path: String?, payloadsOnly: Bool) throws(CommandFailure) {
        if let path { output = try Output(path: path) } else { output = nil }
        self.payloadsOnly = payloadsOnly
    }

    mutating func send(_ message: borrowing SimulatedMessage) throws(CommandFailure) {
        guard output != nil else { return }
        line.removeAll(keepingCapacity: true)
        if payloadsOnly {
            line.append(contentsOf: message.payload)
        } else {
            line.append(contentsOf: "{\"topic\":\"".utf8)
            line.append(contentsOf: message.topic.utf8)
            line.append(contentsOf: "\",\"payload\":\"".utf8)
            // A bad payload is no JSON, so payloads are strings; those of the simulation are printable ASCII.
            for byte in message.payload {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { line.append(UInt8(ascii: "\\")) }
                line.append(byte)
            }
            line.append(contentsOf: "\"}".utf8)
        }
        line.append(UInt8(ascii: "\n"))
        try output?.write(line)
    }

    /// Waits until everything has arrived.
    mutating func finish() throws(CommandFailure) {
        try output?.flush()
    }
}
