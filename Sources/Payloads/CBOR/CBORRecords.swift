import JSONDocument
import Telemetry

/// Reads CBOR payloads: a map is a record, and each element of an array.
struct CBORRecords {
    private let structure: CBORStructure
    private var transcoder: CBORTranscoder

    init(limits: PayloadLimits) {
        structure = CBORStructure(maximumDepth: limits.maximumDepth)
        transcoder = CBORTranscoder(maximumDepth: limits.maximumDepth)
    }

    mutating func read(_ message: borrowing PayloadMessage, into sink: inout RecordSink) {
        do throws(CBORError) {
            try structure.checkWhole(message.payload)
            var offset = 0
            let head = try CBORHead.pastTags(message.payload, at: &offset)
            guard head.major == 4 else {
                var start = 0
                return readRecord(message, at: &start, depth: 0, place: "", into: &sink)
            }
            var position = 0
            while !sink.isFull, head.hasElement(position, in: message.payload, at: offset) {
                readRecord(message, at: &offset, depth: 1, place: "/\(position)", into: &sink)
                position += 1
            }
            if position == 0 { sink.refuse(Refusal(.empty, sentence: "the array holds no reading")) }
        } catch {
            sink.refuse(error.refusal(at: ""))
        }
    }

    private mutating func readRecord(
        _ message: borrowing PayloadMessage, at offset: inout Int, depth: Int, place: String,
        into sink: inout RecordSink
    ) {
        let start = offset
        transcoder.begin()
        do throws(CBORError) {
            try transcoder.write(message.payload, at: &offset, depth: depth, to: &sink.draft)
            sink.finish(at: place, of: message)
        } catch {
            let refusal = error.refusal(at: place)
            sink.refuse(refusal, at: place)
            offset = start
            // The structure was checked, so this finds the record's end.
            try? structure.skip(message.payload, at: &offset, depth: depth)
        }
    }
}

extension CBORStructure {
    /// Checks that `bytes` are one well-formed item and nothing else.
    func checkWhole(_ bytes: RawSpan) throws(CBORError) {
        var end = 0
        try skip(bytes, at: &end, depth: 0)
        guard end == bytes.byteCount else {
            throw CBORError(.notCBOR, at: end, "\(bytes.byteCount - end) bytes follow the data item")
        }
    }
}

extension CBORHead {
    /// The head of an item behind the tags that stand before it.
    static func pastTags(_ bytes: RawSpan, at offset: inout Int) throws(CBORError) -> CBORHead {
        while true {
            let head = try CBORHead(bytes, at: &offset)
            // Of the tags, only embedding changes what kind of item it is.
            if head.major != 6 || head.argument == 24 || (2...5).contains(head.argument) { return head }
        }
    }

    /// Whether the array of this head has an element at `position`, which would begin at `offset`.
    func hasElement(_ position: Int, in bytes: RawSpan, at offset: Int) -> Bool {
        isIndefinite ? offset < bytes.byteCount && bytes.octet(at: offset) != 0xFF : UInt64(position) < argument
    }
}
