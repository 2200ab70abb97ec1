import Telemetry

/// Why a Sparkplug payload, or one metric of it, cannot be read.
struct SparkplugError: Error {
    let reason: RefusalReason
    let byteOffset: Int?
    let sentence: String

    init(_ reason: RefusalReason, at byteOffset: Int? = nil, _ sentence: String) {
        self.reason = reason
        self.byteOffset = byteOffset
        self.sentence = sentence
    }

    func refusal(at place: String) -> Refusal {
        Refusal(reason, pointer: place, byteOffset: byteOffset, sentence: sentence)
    }
}
