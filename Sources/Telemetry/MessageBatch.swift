import Glibc

/// What MQTT said about a message when it came.
package struct MessageFlags: OptionSet, Sendable {
    package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The two low bits hold the quality of service, 0 to 2.
    package static let qualityOfServiceMask: UInt8 = 0b11
    package static let retained = MessageFlags(rawValue: 0b100)

    package init(qualityOfService: UInt8, isRetained: Bool) {
        rawValue = (qualityOfService & Self.qualityOfServiceMask) | (isRetained ? Self.retained.rawValue : 0)
    }

    package var qualityOfService: UInt8 { rawValue & Self.qualityOfServiceMask }
}

/// Messages in one buffer: topic, attributes and payload bytes with where they lie, when they came and how.
///
/// Both ways of a message use it: the lane appends what the broker sends, the journal's reader fills it with a block of
/// a file and marks the records in it. The memory is allocated once and reused. Behind the last byte there is room of
/// `padding` bytes, because simdjson may read past the end of a payload.
@safe
package struct MessageBatch: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    /// simdjson's SIMDJSON_PADDING is 32 in 3.0.1 and 64 in later versions.
    package static let padding = 64

    /// Where one message lies in the buffer: its topic, behind that its attributes if it has any, then its payload.
    package struct Entry: Sendable {
        package var arrival: EventTime
        package var payloadStart: UInt32
        package var payloadByteCount: UInt32
        package var topicStart: UInt32
        package var topicByteCount: UInt16
        package var flags: MessageFlags

        @inlinable
        package init(
            arrival: EventTime, topicStart: Int, topicByteCount: Int, payloadStart: Int, payloadByteCount: Int,
            flags: MessageFlags
        ) {
            self.arrival = arrival
            self.topicStart = UInt32(topicStart)
            self.topicByteCount = UInt16(topicByteCount)
            self.payloadStart = UInt32(payloadStart)
            self.payloadByteCount = UInt32(payloadByteCount)
            self.flags = flags
        }

        /// What lies between topic and payload.
        @inlinable
        package var attributesByteCount: Int { Int(payloadStart) - Int(topicStart) - Int(topicByteCount) }
    }

    @usableFromInline let bytes: UnsafeMutableRawBufferPointer
    @usableFromInline let entries: UnsafeMutableBufferPointer<Entry>
    /// How many bytes of the buffer are in use.
    package private(set) var byteCount = 0
    /// How many messages the batch holds.
    package private(set) var count = 0
    /// The number of the first message, once the journal has given it one.
    package var firstOffset = JournalOffset.beforeFirst

    package init(byteCapacity: Int, messageCapacity: Int) {
        require(byteCapacity > 0 && byteCapacity <= Int(UInt32.max) && messageCapacity > 0, "a batch has room")
        // calloc: zeros, so that reads of the padding are defined, and pages that cost nothing until they are used.
        let base = unsafe calloc(byteCapacity + Self.padding, 1)
        guard let base = unsafe base else { fatalError("no memory for a batch of \(byteCapacity) bytes") }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: base, count: byteCapacity + Self.padding)
        unsafe entries = .allocate(capacity: messageCapacity)
    }

    deinit {
        unsafe free(bytes.baseAddress)
        unsafe entries.deallocate()
    }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    package var byteCapacity: Int { unsafe bytes.count - Self.padding }

    package var messageCapacity: Int { unsafe entries.count }

    /// Whether a message of `byteCount` bytes, topic, attributes and payload together, still fits.
    package func hasRoom(forBytes messageByteCount: Int) -> Bool {
        byteCount + messageByteCount <= byteCapacity && count < messageCapacity
    }

    /// Copies a message behind the others.
    ///
    /// The caller has asked `hasRoom(forBytes:)`. Attributes are written by `MessageAttributes`; most messages have none.
    package mutating func append(
        topic: RawSpan, attributes: RawSpan = RawSpan(), payload: RawSpan, arrival: EventTime, flags: MessageFlags
    ) {
        require(attributes.byteCount <= Int(UInt16.max), "attributes have a length of 16 bits")
        require(
            hasRoom(forBytes: topic.byteCount + attributes.byteCount + payload.byteCount),
            "the source asks for room before it appends")
        let topicStart = byteCount
        let payloadStart = topicStart + topic.byteCount + attributes.byteCount
        unsafe copy(topic, to: topicStart)
        if !attributes.isEmpty { unsafe copy(attributes, to: topicStart + topic.byteCount) }
        unsafe copy(payload, to: payloadStart)
        byteCount = payloadStart + payload.byteCount
        appendEntry(
            Entry(
                arrival: arrival, topicStart: topicStart, topicByteCount: topic.byteCount, payloadStart: payloadStart,
                payloadByteCount: payload.byteCount, flags: flags))
    }

    /// Adds a message whose bytes already lie in the buffer, see `fill`.
    @inlinable
    package mutating func appendEntry(_ entry: Entry) {
        require(count < messageCapacity, "a batch has room for a further entry")
        require(
            Int(entry.topicStart) + Int(entry.topicByteCount) <= Int(entry.payloadStart)
                && Int(entry.payloadStart) + Int(entry.payloadByteCount) <= byteCount, "an entry lies in the batch")
        // Safe: `count` is below the capacity, and Entry is trivial.
        unsafe entries[count] = entry
        didAppendEntry()
    }

    @usableFromInline
    mutating func didAppendEntry() { count += 1 }

    /// Empties the batch, lets `read` write into the whole buffer, and keeps as many bytes as it says.
    package mutating func fill<Failure: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        removeAll()
        // Safe: the rebased part lies in the buffer, and `read` cannot keep it past the call by contract.
        let readByteCount = unsafe try read(UnsafeMutableRawBufferPointer(rebasing: bytes[..<byteCapacity]))
        require(readByteCount <= byteCapacity, "a read stays inside the buffer")
        byteCount = readByteCount
    }

    /// All bytes in use.
    package var storage: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: the first `byteCount` bytes are initialised, and the span cannot outlive `self`.
            let used = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<byteCount])
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: used), borrowing: self)
        }
    }

    @inlinable
    package func entry(at index: Int) -> Entry {
        require(index >= 0 && index < count, "the index of a message is in the batch")
        // Safe: the index was just checked.
        return unsafe entries[index]
    }

    /// The payload of message `index`.
    ///
    /// At least `padding` bytes behind it can be read.
    @inlinable
    @_lifetime(borrow self)
    package func payload(at index: Int) -> RawSpan {
        let entry = entry(at: index)
        return unsafe span(from: Int(entry.payloadStart), byteCount: Int(entry.payloadByteCount))
    }

    @inlinable
    @_lifetime(borrow self)
    package func topic(at index: Int) -> RawSpan {
        let entry = entry(at: index)
        return unsafe span(from: Int(entry.topicStart), byteCount: Int(entry.topicByteCount))
    }

    /// What message `index` carries beside topic and payload, for `MessageAttributes`; empty for most.
    @inlinable
    @_lifetime(borrow self)
    package func attributes(at index: Int) -> RawSpan {
        let entry = entry(at: index)
        return unsafe span(
            from: Int(entry.topicStart) + Int(entry.topicByteCount), byteCount: entry.attributesByteCount)
    }

    /// The schema version that the sender of message `index` named, if it named one.
    @inlinable
    package func toldVersion(at index: Int) -> String? {
        guard entry(at: index).attributesByteCount > 0 else { return nil }
        return MessageAttributes.text(.toldVersion, in: attributes(at: index))
    }

    @inlinable
    package func offset(at index: Int) -> JournalOffset { firstOffset.advanced(by: index) }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() {
        byteCount = 0
        count = 0
    }

    @usableFromInline
    @_lifetime(borrow self)
    @unsafe
    func span(from start: Int, byteCount: Int) -> RawSpan {
        // Safe: entries were checked against the bytes in use when they were appended.
        let slice = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + byteCount])
        return unsafe _overrideLifetime(RawSpan(_unsafeBytes: slice), borrowing: self)
    }

    @unsafe
    private func copy(_ source: RawSpan, to start: Int) {
        // Safe: the caller has checked that the bytes fit; the source cannot overlap the buffer that `self` owns.
        unsafe source.withUnsafeBytes { from in
            guard let base = from.baseAddress else { return }
            unsafe bytes.baseAddress?.advanced(by: start).copyMemory(from: base, byteCount: from.count)
        }
    }
}
