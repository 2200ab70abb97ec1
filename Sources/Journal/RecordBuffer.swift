import Glibc
import Telemetry

/// Memory in which a batch becomes records, so that it goes to the file in one write.
///
/// It grows to the largest batch.
@safe
struct RecordBuffer: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private(set) var byteCount = 0

    init() {
        unsafe storage = .allocate(byteCount: 1 << 16, alignment: 8)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// The encoded records.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: the first `byteCount` bytes are initialised, and the span cannot outlive `self`.
            let used = unsafe UnsafeRawBufferPointer(rebasing: storage[..<byteCount])
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: used), borrowing: self)
        }
    }

    /// How many bytes the messages of `batch` take as records.
    static func byteCount(of batch: borrowing MessageBatch) -> Int {
        var total = 0
        for index in 0..<batch.count {
            let entry = batch.entry(at: index)
            total += Record.byteCount(
                topic: Int(entry.topicByteCount), attributes: entry.attributesByteCount,
                payload: Int(entry.payloadByteCount))
        }
        return total
    }

    /// Replaces the content by the messages of `batch`, numbered from its `firstOffset` on.
    ///
    /// They take `neededByteCount` bytes, as `byteCount(of:)` says; `durableThrough` is the last message known to be
    /// durable, `salt` comes from the header of the file that they go to.
    mutating func encode(
        _ batch: borrowing MessageBatch, byteCount neededByteCount: Int, durableThrough: JournalOffset, salt: UInt32
    ) {
        if unsafe neededByteCount > storage.count {
            let grown = unsafe max(neededByteCount, storage.count * 2)
            unsafe storage.deallocate()
            unsafe storage = .allocate(byteCount: grown, alignment: 8)
        }
        var start = 0
        for index in 0..<batch.count {
            let entry = batch.entry(at: index)
            let byteCount = Record.byteCount(
                topic: Int(entry.topicByteCount), attributes: entry.attributesByteCount,
                payload: Int(entry.payloadByteCount))
            require(start + byteCount <= neededByteCount, "the batch takes what was computed for it")
            let distance = UInt16(
                clamping: batch.offset(at: index).number - durableThrough.number)
            // Safe: the record ends inside the storage, as just checked.
            unsafe write(
                entry, of: batch, offset: batch.offset(at: index), distance: distance, salt: salt,
                to: UnsafeMutableRawBufferPointer(rebasing: storage[start..<start + byteCount]))
            start += byteCount
        }
        byteCount = start
    }

    /// Fills `target`, which is as large as the record, with one message.
    @inline(always)
    @unsafe
    private func write(
        _ entry: MessageBatch.Entry, of batch: borrowing MessageBatch, offset: JournalOffset, distance: UInt16,
        salt: UInt32, to target: UnsafeMutableRawBufferPointer
    ) {
        guard let base = target.baseAddress else { return }
        // Topic, attributes and payload lie one behind the other in a batch as in a record.
        let messageByteCount = Int(entry.payloadStart) - Int(entry.topicStart) + Int(entry.payloadByteCount)
        let length = Record.headerByteCount - 8 + messageByteCount
        let sizes =
            UInt64(entry.flags.rawValue) | UInt64(entry.topicByteCount) << 16
            | UInt64(entry.attributesByteCount) << 32 | UInt64(distance) << 48
        // Safe: a record has 32 bytes and room for the message and padding; its start is a multiple of 8. The last
        // word is cleared before the bytes are copied, which leaves zeros as padding.
        unsafe base.storeBytes(of: 0, toByteOffset: target.count - 8, as: UInt64.self)
        unsafe base.storeBytes(of: UInt32(length), toByteOffset: 4, as: UInt32.self)
        unsafe base.storeBytes(of: offset.number, toByteOffset: 8, as: UInt64.self)
        unsafe base.storeBytes(of: entry.arrival.microsecondsSinceEpoch, toByteOffset: 16, as: Int64.self)
        unsafe base.storeBytes(of: sizes, toByteOffset: 24, as: UInt64.self)
        unsafe batch.storage.withUnsafeBytes { source in
            // Safe: the batch has checked where its entries lie.
            guard let from = source.baseAddress else { return }
            unsafe memcpy(base + Record.headerByteCount, from + Int(entry.topicStart), messageByteCount)
        }
        let checked = unsafe UnsafeRawBufferPointer(rebasing: target[4...])
        let checksum = unsafe CRC32C.extend(salt, by: RawSpan(_unsafeBytes: checked))
        unsafe base.storeBytes(of: checksum, as: UInt32.self)
    }
}
