import CMosquitto
import Glibc
import Telemetry

/// What libmosquitto's callbacks leave behind for the code that called into it.
///
/// Callbacks run inside calls of `ClientHandle`, on the thread that owns it: never at another time. They only copy.
@safe
final class Inbox {
    struct ConnectAnswer {
        let code: Int32
        let sessionPresent: Bool
        let explanation: String?
        /// How many messages the broker takes unacknowledged; nil when it does not say.
        let receiveMaximum: Int?
    }

    struct SubscribeAnswer {
        let packetID: Int32
        let codes: [Int32]
    }

    struct Truncation {
        let topic: String
        let byteCount: Int
        let keptByteCount: Int
    }

    /// A message that came while no batch was there: with TLS, libmosquitto may read beyond CONNACK.
    struct Stray {
        let topic: [UInt8]
        let attributes: [UInt8]
        let payload: [UInt8]
        let arrival: EventTime
        let flags: MessageFlags
    }

    /// Set by CONNACK, DISCONNECT or the end of the connection, and taken by `Connection`.
    var connectAnswer: ConnectAnswer?
    var disconnectCode: Int32?
    var subscribeAnswers: [SubscribeAnswer] = []
    /// Errors that OpenSSL reported while connecting.
    var securityErrors: [String] = []
    let keyPassword: String?

    /// Where messages go while `receive` runs; nil at any other time.
    fileprivate(set) var batch: UnsafeMutablePointer<MessageBatch>?
    var arrival = EventTime(microsecondsSinceEpoch: 0)
    let maximumMessageByteCount: Int
    /// Messages that came since the inbox was made.
    private(set) var messageCount = 0
    /// Messages whose acknowledgement waits in libmosquitto's queue.
    var withheldCount = 0
    var truncations: [Truncation] = []
    var strays: [Stray] = []

    /// Results of publishing, for the publisher.
    var outcomes = PublishOutcomes()

    init(configuration: MQTTConfiguration) {
        keyPassword = configuration.security?.keyPassword
        maximumMessageByteCount = configuration.maximumPacketByteCount
    }

    /// Lets callbacks append to `batch` while `body` runs.
    func withBatch<Result>(_ batch: inout MessageBatch, _ body: () -> Result) -> Result {
        // Safe: the pointer is valid during the closure, is only used by callbacks in it, and forgotten at its end.
        unsafe withUnsafeMutablePointer(to: &batch) { pointer in
            unsafe self.batch = pointer
            defer { unsafe self.batch = nil }
            return body()
        }
    }

    fileprivate func take(_ message: mosquitto_message, attributes: MessageAttributes) {
        messageCount &+= 1
        if unsafe message.qos > 0 { withheldCount &+= 1 }
        guard let topic = unsafe message.topic else { return }
        let topicByteCount = unsafe strlen(topic)
        let byteCount = unsafe Int(message.payloadlen)
        let keptByteCount = min(byteCount, maximumMessageByteCount - topicByteCount - attributes.bytes.count)
        if keptByteCount < byteCount {
            unsafe truncations.append(
                Truncation(topic: String(cString: topic), byteCount: byteCount, keptByteCount: keptByteCount))
        }
        // Safe: libmosquitto owns topic and payload during the callback, and both ways copy them.
        let topicBytes = unsafe UnsafeRawBufferPointer(start: topic, count: topicByteCount)
        let payloadBytes = unsafe UnsafeRawBufferPointer(start: message.payload, count: keptByteCount)
        let flags = unsafe MessageFlags(
            qualityOfService: UInt8(truncatingIfNeeded: message.qos), isRetained: message.retain)
        guard let batch = unsafe batch else {
            unsafe strays.append(
                Stray(
                    topic: Array(topicBytes), attributes: attributes.bytes, payload: Array(payloadBytes),
                    arrival: .now, flags: flags))
            return
        }
        unsafe batch.pointee.append(
            topic: RawSpan(_unsafeBytes: topicBytes), attributes: attributes.bytes.span.bytes,
            payload: RawSpan(_unsafeBytes: payloadBytes), arrival: arrival, flags: flags)
    }

    /// Hands over the messages that came while no batch was there.
    ///
    /// All at once: the next acknowledgement is theirs too. They are what one TLS record held, so an empty batch of
    /// the maximum packet has room.
    func deliverStrays(into batch: inout MessageBatch) {
        for stray in strays {
            require(
                batch.hasRoom(forBytes: stray.topic.count + stray.attributes.count + stray.payload.count),
                "an empty batch takes all strays")
            // Safe: UInt8 has no padding, and the arrays outlive the call.
            unsafe batch.append(
                topic: stray.topic.span.bytes, attributes: stray.attributes.span.bytes,
                payload: stray.payload.span.bytes, arrival: stray.arrival, flags: stray.flags)
        }
        strays.removeAll()
    }
}

/// The callbacks that libmosquitto gets.
///
/// Each finds its inbox through the user pointer.
@safe
enum Callbacks {
    static func install(on client: OpaquePointer) {
        // Safe: the closures capture nothing, and each reads its arguments only while it runs.
        unsafe mosquitto_connect_v5_callback_set(client) { _, user, code, flags, properties in
            guard let inbox = unsafe inboxBehind(user) else { return }
            unsafe inbox.connectAnswer = Inbox.ConnectAnswer(
                code: code, sessionPresent: flags & 1 != 0, explanation: Callbacks.explanation(in: properties),
                receiveMaximum: Callbacks.receiveMaximum(in: properties))
        }
        unsafe mosquitto_disconnect_v5_callback_set(client) { _, user, code, _ in
            unsafe inboxBehind(user)?.disconnectCode = code
        }
        unsafe mosquitto_subscribe_callback_set(client) { _, user, packetID, count, granted in
            let codes = unsafe Array(UnsafeBufferPointer(start: granted, count: Int(count)))
            unsafe inboxBehind(user)?.subscribeAnswers.append(Inbox.SubscribeAnswer(packetID: packetID, codes: codes))
        }
        unsafe mosquitto_message_v5_callback_set(client) { _, user, message, properties in
            guard let message = unsafe message else { return }
            let attributes = unsafe properties == nil ? MessageAttributes() : Callbacks.attributes(in: properties)
            unsafe inboxBehind(user)?.take(message.pointee, attributes: attributes)
        }
        unsafe mosquitto_publish_v5_callback_set(client) { _, user, packetID, code, _ in
            unsafe inboxBehind(user)?.outcomes.didFinish(packetID: packetID, code: code)
        }
    }

    /// Listens to OpenSSL's errors.
    ///
    /// Only while connecting: with a listener libmosquitto formats a text per message.
    static func listen(to client: OpaquePointer) {
        // Safe: as in `install(on:)`.
        unsafe mosquitto_log_callback_set(client) { _, user, level, text in
            guard level == MOSQ_LOG_ERR, let text = unsafe text, let inbox = unsafe inboxBehind(user) else { return }
            if inbox.securityErrors.count < 4 { unsafe inbox.securityErrors.append(String(cString: text)) }
        }
    }

    static func stopListening(to client: OpaquePointer) {
        // Safe: the client is alive.
        unsafe mosquitto_log_callback_set(client, nil)
    }

    /// Answers OpenSSL's question for the password of the key file.
    static let keyPassword:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
            buffer, capacity, _, client in
            // Safe: OpenSSL hands over a buffer of `capacity` bytes, and libmosquitto its client as user data.
            guard let buffer = unsafe buffer, let client = unsafe client.map({ OpaquePointer($0) }),
                let password = unsafe inboxBehind(mosquitto_userdata(client))?.keyPassword,
                password.utf8.count < capacity
            else { return 0 }
            for (index, byte) in password.utf8.enumerated() { unsafe buffer[index] = CChar(bitPattern: byte) }
            return Int32(password.utf8.count)
        }

    /// What is kept of a message's properties, as `PublishProperties` does it without TLS.
    @unsafe
    fileprivate static func attributes(in properties: OpaquePointer?) -> MessageAttributes {
        var attributes = MessageAttributes()
        var text: UnsafeMutablePointer<CChar>?
        // Safe: libmosquitto allocates copies, which end with a zero and are freed here.
        unsafe mosquitto_property_read_string(properties, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), &text, false)
        unsafe keep(.contentType, text, in: &attributes)
        var next = unsafe properties
        var isFirst = true
        while true {
            var name: UnsafeMutablePointer<CChar>?
            var value: UnsafeMutablePointer<CChar>?
            unsafe next = mosquitto_property_read_string_pair(
                next, Int32(MQTT_PROP_USER_PROPERTY.rawValue), &name, &value, !isFirst)
            guard unsafe next != nil else { return attributes }
            isFirst = false
            let isVersion = unsafe name.map { unsafe String(cString: $0) == PublishProperties.versionName } ?? false
            unsafe free(name)
            if isVersion {
                unsafe keep(.toldVersion, value, in: &attributes)
                return attributes
            }
            unsafe free(value)
        }
    }

    /// Appends and frees a copy that libmosquitto has made.
    @unsafe
    private static func keep(
        _ kind: MessageAttributes.Kind, _ copy: UnsafeMutablePointer<CChar>?, in attributes: inout MessageAttributes
    ) {
        guard let copy = unsafe copy else { return }
        defer { unsafe free(copy) }
        // Safe: the copy ends with a zero and lives until the end of this function.
        let bytes = unsafe UnsafeRawBufferPointer(
            start: copy, count: min(strlen(copy), PublishProperties.longestValueByteCount))
        attributes.append(kind, unsafe RawSpan(_unsafeBytes: bytes))
    }

    @unsafe
    fileprivate static func explanation(in properties: OpaquePointer?) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        // Safe: libmosquitto allocates a copy, which is freed here.
        unsafe mosquitto_property_read_string(properties, Int32(MQTT_PROP_REASON_STRING.rawValue), &text, false)
        guard let copy = unsafe text else { return nil }
        defer { unsafe free(copy) }
        return unsafe String(cString: copy)
    }

    @unsafe
    fileprivate static func receiveMaximum(in properties: OpaquePointer?) -> Int? {
        var maximum: UInt16 = 0
        let property = Int32(MQTT_PROP_RECEIVE_MAXIMUM.rawValue)
        // Safe: writes one UInt16 when the property is there, and otherwise returns NULL.
        return unsafe mosquitto_property_read_int16(properties, property, &maximum, false) == nil ? nil : Int(maximum)
    }
}

/// The inbox that libmosquitto was given as user pointer.
@unsafe
private func inboxBehind(_ user: UnsafeMutableRawPointer?) -> Inbox? {
    // Safe: `ClientHandle` owns the inbox for as long as the client lives, and passes no other user pointer.
    unsafe user.map { unsafe Unmanaged<Inbox>.fromOpaque($0).takeUnretainedValue() }
}
