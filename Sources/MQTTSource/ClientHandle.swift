import CMosquitto
import Glibc
import Telemetry

/// One client of libmosquitto, told to send nothing by itself: all it has to say waits for `write`.
///
/// The only wrapper of the C object. libmosquitto sends acknowledgements from inside its read function unless it
/// believes in a thread of its own (`mosquitto_threaded_set`); then it only queues them. There is no such thread here.
@safe
struct ClientHandle: ~Copyable {
    private let client: OpaquePointer
    let inbox: Inbox

    /// Needed once in a process, before anything else.
    private static let libraryIsReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue

    /// Makes a client with everything set but not connected.
    ///
    /// - Throws: `MQTTError.library` when libmosquitto does not take an option.
    static func make(_ configuration: MQTTConfiguration) throws(MQTTError) -> ClientHandle {
        guard libraryIsReady else { throw .library(operation: "start", text: "libmosquitto does not start") }
        let inbox = Inbox(configuration: configuration)
        let keepsSession = configuration.sessionExpirySeconds > 0
        // Safe: the inbox lives as long as this value, which frees the client.
        guard
            let client = unsafe mosquitto_new(
                configuration.clientID, !keepsSession, Unmanaged.passUnretained(inbox).toOpaque())
        else { throw .library(operation: "create a client", text: Reasons.systemText(errno)) }
        let handle = unsafe ClientHandle(client: client, inbox: inbox)
        try handle.configure(configuration)
        return handle
    }

    @unsafe
    private init(client: OpaquePointer, inbox: Inbox) {
        unsafe self.client = client
        self.inbox = inbox
    }

    private func configure(_ configuration: MQTTConfiguration) throws(MQTTError) {
        unsafe Callbacks.install(on: client)
        // Safe: all calls below get a living client and strings that outlive the call, which copies them.
        unsafe mosquitto_threaded_set(client, true)
        unsafe try check(
            mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, configuration.version == .version5 ? 5 : 4),
            "set the protocol version")
        unsafe try check(
            mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(configuration.receiveMaximum)),
            "set the receive maximum")
        unsafe try check(mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1), "set TCP_NODELAY")
        unsafe try check(
            mosquitto_username_pw_set(client, configuration.username, configuration.password),
            "set user name and password")
        if let security = configuration.security { try secure(security) }
        if configuration.version == .version5 { try storeConnectProperties(configuration) }
    }

    deinit {
        // Safe: freed exactly once; the inbox is still alive.
        unsafe mosquitto_destroy(client)
    }

    private func check(_ code: Int32, _ operation: String) throws(MQTTError) {
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            throw .library(operation: operation, text: Reasons.libraryText(code))
        }
    }

    /// Where Debian's ca-certificates puts the authorities, prepared for OpenSSL.
    private static let systemAuthorityFolder = "/etc/ssl/certs"

    private func secure(_ security: MQTTSecurity) throws(MQTTError) {
        // MOSQ_OPT_TLS_USE_OS_CERTS alone works for the first connection only: at the next, libmosquitto 2.0.11 finds
        // neither file nor folder and refuses its own configuration. So the system's folder is named.
        let isSystemTrusted = security.authorityFile == nil && security.authorityFolder == nil
        let folder = isSystemTrusted ? Self.systemAuthorityFolder : security.authorityFolder
        // Safe: as in `init`. The callback captures nothing.
        unsafe try check(
            mosquitto_tls_set(
                client, security.authorityFile, folder, security.certificateFile, security.keyFile,
                security.keyPassword == nil ? nil : Callbacks.keyPassword),
            "set the TLS files")
        let verifyPeer: Int32 = 1
        unsafe try check(
            mosquitto_tls_opts_set(client, verifyPeer, security.version, security.ciphers),
            "set the TLS version and ciphers")
        unsafe try check(mosquitto_tls_insecure_set(client, security.acceptsAnyHostName), "set the host name check")
        if let name = security.applicationProtocol {
            unsafe try check(mosquitto_string_option(client, MOSQ_OPT_TLS_ALPN, name), "set ALPN")
        }
    }

    /// Leaves the properties of all later CONNECT packets with the client.
    ///
    /// Only the blocking connect function takes properties. It stores them before it looks at the host; without a host
    /// it ends there, and the non-blocking one uses what is stored.
    private func storeConnectProperties(_ configuration: MQTTConfiguration) throws(MQTTError) {
        var properties: OpaquePointer?
        // Safe: the list is built by libmosquitto, copied by it, and freed here.
        defer { unsafe mosquitto_property_free_all(&properties) }
        let expiry = Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue)
        let maximumPacket = Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue)
        unsafe try check(
            mosquitto_property_add_int32(&properties, expiry, configuration.sessionExpirySeconds),
            "set the session expiry")
        unsafe try check(
            mosquitto_property_add_int32(&properties, maximumPacket, UInt32(configuration.maximumPacketByteCount)),
            "set the maximum packet")
        let code = unsafe mosquitto_connect_bind_v5(client, nil, 0, 60, nil, properties)
        guard code == MOSQ_ERR_INVAL.rawValue else {
            throw .library(operation: "set the connect properties", text: Reasons.libraryText(code))
        }
    }

    // MARK: The connection

    /// Starts to connect.
    ///
    /// Resolves the host's name, which may block; nothing else does.
    func connect(_ configuration: MQTTConfiguration) -> Int32 {
        if configuration.security != nil { unsafe Callbacks.listen(to: client) }
        // Safe: the strings outlive the call, which copies them.
        return unsafe mosquitto_connect_bind_async(
            client, configuration.host, Int32(configuration.port), Int32(configuration.keepAliveSeconds),
            configuration.bindAddress)
    }

    /// The connection stands; from here on errors come as return values only.
    func didConnect() {
        unsafe Callbacks.stopListening(to: client)
    }

    /// The socket, or -1.
    var socket: Int32 { unsafe mosquitto_socket(client) }

    var wantsToWrite: Bool { unsafe mosquitto_want_write(client) }

    /// Reads one packet if there is one, and lets callbacks have what is in it.
    func read() -> Int32 { unsafe mosquitto_loop_read(client, 1) }

    /// Sends everything in the queue that the socket takes.
    func write() -> Int32 { unsafe mosquitto_loop_write(client, 1) }

    /// Queues a ping when one is due, and ends a connection that does not answer.
    func keepAlive() -> Int32 { unsafe mosquitto_loop_misc(client) }

    /// Queues DISCONNECT.
    func disconnect() -> Int32 { unsafe mosquitto_disconnect(client) }

    // MARK: Requests

    func subscribe(_ filter: String, qualityOfService: QualityOfService, packetID: inout Int32) -> Int32 {
        let options = Int32(bitPattern: MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue)
        // Safe: the string outlives the call, which copies it. MQTT 3.1.1 has no options; libmosquitto drops them.
        return unsafe mosquitto_subscribe_v5(
            client, &packetID, filter, Int32(qualityOfService.rawValue), options, nil)
    }

    /// Queues a message; MQTT 3.1.1 has no properties, so `description` must be empty there.
    func publish(
        topic: String, payload: RawSpan, description: PayloadDescription, qualityOfService: QualityOfService,
        retain: Bool, packetID: inout Int32
    ) -> Int32 {
        var properties: OpaquePointer?
        // Safe: the list is built by libmosquitto, copied by it, and freed here.
        defer { unsafe mosquitto_property_free_all(&properties) }
        if let version = description.schemaVersion {
            let code = unsafe mosquitto_property_add_string_pair(
                &properties, Int32(MQTT_PROP_USER_PROPERTY.rawValue), PublishProperties.versionName, version)
            guard code == MOSQ_ERR_SUCCESS.rawValue else { return code }
        }
        if let type = description.contentType {
            let code = unsafe mosquitto_property_add_string(
                &properties, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), type)
            guard code == MOSQ_ERR_SUCCESS.rawValue else { return code }
        }
        // Safe: libmosquitto copies topic and payload before it returns.
        return unsafe payload.withUnsafeBytes { bytes in
            unsafe mosquitto_publish_v5(
                client, &packetID, topic, Int32(bytes.count), bytes.baseAddress, Int32(qualityOfService.rawValue),
                retain, properties)
        }
    }
}
