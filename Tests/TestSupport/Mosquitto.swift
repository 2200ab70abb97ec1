import Glibc

/// A real mosquitto on a free port of the loopback interface, in a folder of its own that ends with it.
package final class Mosquitto {
    /// What the broker is to be like.
    package struct Options: Sendable {
        /// Whether sessions and messages outlive a restart.
        package var isPersistent = true
        /// Who may log in; empty lets everybody in.
        package var passwords: [String: String] = [:]
        /// Lines of an access control file, such as `user anna` and `topic read a/#`.
        package var accessRules: [String] = []
        /// Whether the listener speaks TLS only, with a certificate for localhost that `authorityFile` vouches for.
        package var isSecure = false
        /// Further lines of mosquitto.conf.
        package var lines: [String] = []

        package init() {}
    }

    package private(set) var port = 0
    package let folder: String
    package var authorityFile: String { "\(folder)/authority.crt" }

    private let options: Options
    package var isSecure: Bool { options.isSecure }
    private let program: String
    private var child: ChildProcess?

    /// Starts the broker and waits until it accepts connections.
    package init(_ options: Options = Options()) throws {
        self.options = options
        program = try Self.find("mosquitto")
        var template = Array("/tmp/mosquitto-test-XXXXXX".utf8CString)
        // Safe: mkdtemp writes into the template, which ends with a zero.
        guard let path = unsafe mkdtemp(&template) else { throw ChildProcessError.didNotStart("no temporary folder") }
        folder = unsafe String(cString: path)
        try makeFiles()
        // The free port may be taken by someone else before the broker has it: then another.
        for _ in 0..<5 {
            port = try Self.freePort()
            try configure()
            if try launch() { return }
        }
        throw ChildProcessError.notReady("mosquitto does not accept connections, see \(folder)/mosquitto.log")
    }

    deinit {
        child = nil
        // Left over at worst: a few small files in /tmp.
        try? ChildProcess.run("rm", ["-rf", folder])
    }

    /// Ends the broker, which saves what it is to keep.
    package func stop() {
        child?.end(with: SIGTERM)
        child = nil
    }

    /// Ends the broker as a power failure would.
    ///
    /// What it had not saved is gone.
    package func kill() {
        child?.end(with: SIGKILL)
        child = nil
    }

    /// Starts a stopped broker again, on the same port and with what it kept.
    package func start() throws {
        guard child == nil else { return }
        guard try launch() else {
            throw ChildProcessError.notReady("mosquitto does not come back, see \(folder)/mosquitto.log")
        }
    }

    package func restart() throws {
        stop()
        try start()
    }

    // MARK: Preparing

    private func makeFiles() throws {
        if !options.passwords.isEmpty {
            let tool = try Self.find("mosquitto_passwd")
            try Self.write("", to: "\(folder)/passwords")
            for (user, password) in options.passwords.sorted(by: { $0.key < $1.key }) {
                try ChildProcess.run(tool, ["-b", "\(folder)/passwords", user, password])
            }
        }
        if !options.accessRules.isEmpty {
            try Self.write(options.accessRules.joined(separator: "\n") + "\n", to: "\(folder)/access")
        }
        if options.isSecure { try makeCertificates() }
    }

    /// An authority of our own, and a certificate of it for the loopback interface.
    private func makeCertificates() throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try ChildProcess.run(
            "openssl",
            ["req", "-x509"] + key + [
                "-keyout", "\(folder)/authority.key", "-out", authorityFile, "-days", "3650", "-subj",
                "/CN=authority of a test",
            ])
        try ChildProcess.run(
            "openssl",
            ["req"] + key + [
                "-keyout", "\(folder)/server.key", "-out", "\(folder)/server.csr", "-subj", "/CN=localhost",
            ])
        try Self.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: "\(folder)/server.ext")
        try ChildProcess.run(
            "openssl",
            [
                "x509", "-req", "-in", "\(folder)/server.csr", "-CA", authorityFile, "-CAkey",
                "\(folder)/authority.key", "-CAcreateserial", "-out", "\(folder)/server.crt", "-days", "3650",
                "-extfile", "\(folder)/server.ext",
            ])
    }

    private func configure() throws {
        var lines = [
            "listener \(port) 127.0.0.1",
            "allow_anonymous \(options.passwords.isEmpty)",
            "persistence \(options.isPersistent)",
            "persistence_location \(folder)/",
            "max_inflight_messages 0",
            "max_queued_messages 0",
            "log_dest file \(folder)/mosquitto.log",
            // Started by root, mosquitto would become a user who may not write here.
            "user root",
        ]
        if !options.passwords.isEmpty { lines.append("password_file \(folder)/passwords") }
        if !options.accessRules.isEmpty { lines.append("acl_file \(folder)/access") }
        if options.isSecure {
            lines += [
                "cafile \(authorityFile)", "certfile \(folder)/server.crt", "keyfile \(folder)/server.key",
            ]
        }
        lines += options.lines
        try Self.write(lines.joined(separator: "\n") + "\n", to: "\(folder)/mosquitto.conf")
    }

    private func launch() throws -> Bool {
        child = try ChildProcess(program, ["-c", "\(folder)/mosquitto.conf"])
        let isReady = eventually(within: .seconds(10)) {
            Self.accepts(port: port) || child?.isRunning() != true
        }
        guard isReady, child?.isRunning() == true else {
            child = nil
            return false
        }
        return true
    }

    // MARK: System

    private static func find(_ name: String) throws -> String {
        // Safe: reads the environment, which no test changes.
        let search = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        for folder in search.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"] {
            // Safe: the string outlives the call.
            if unsafe access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        }
        throw ChildProcessError.notFound("\(name) is not installed: apt-get install mosquitto")
    }

    private static func write(_ text: String, to path: String) throws {
        // Safe: the file is closed on every path, and fputs reads a string that outlives the call.
        guard let file = unsafe fopen(path, "w") else { throw ChildProcessError.didNotStart("cannot write \(path)") }
        defer { unsafe fclose(file) }
        guard unsafe fputs(text, file) >= 0 else { throw ChildProcessError.didNotStart("cannot write \(path)") }
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        return address
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: 0)
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safe: the address is seen as the general type for the calls only, with its own size.
        let isBound = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let general = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return unsafe bind(descriptor, general, byteCount) == 0
                && getsockname(descriptor, general, &byteCount) == 0
        }
        guard isBound else { throw ChildProcessError.didNotStart("no free port on the loopback interface") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func accepts(port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: port)
        // Safe: as in `freePort()`.
        return unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let general = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return unsafe Glibc.connect(descriptor, general, socklen_t(bytes.count)) == 0
        }
    }
}
