import ArgumentParser
import Glibc
import MQTTSource

/// Which broker a command publishes to, and how.
struct BrokerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Name or address of the broker (default: localhost, or PHUSA_BROKER_HOST).", valueName: "host"))
    var brokerHost: String?

    @Option(
        help: ArgumentHelp(
            "Its port (default: 1883, with --ca-file 8883, or PHUSA_BROKER_PORT).", valueName: "port"))
    var brokerPort: Int?

    @Option(help: ArgumentHelp("User name at the broker (default: PHUSA_BROKER_USERNAME).", valueName: "name"))
    var username: String?

    @Option(
        help: ArgumentHelp(
            "Password; better in the environment as PHUSA_BROKER_PASSWORD, where others do not see it.",
            valueName: "password"))
    var password: String?

    @Option(
        help: ArgumentHelp("Encrypts the connection and trusts the authorities in this PEM file.", valueName: "file"))
    var caFile: String?

    @Option(
        help: ArgumentHelp("Quality of service: 0 at most once, 1 at least once, 2 exactly once.", valueName: "0|1|2"))
    var qos: UInt8 = 1

    func validate() throws {
        guard qos <= 2 else { throw ValidationError("--qos is 0, 1 or 2.") }
    }

    var qualityOfService: QualityOfService { QualityOfService(rawValue: qos) ?? .atLeastOnce }

    /// What libmosquitto needs to know; `command` tells clients apart in the broker's log.
    func configuration(for command: String) -> MQTTConfiguration {
        let caFile = caFile ?? Terminal.environment("PHUSA_BROKER_TLS_CA_FILE")
        let port = brokerPort ?? Terminal.environment("PHUSA_BROKER_PORT").flatMap { Int($0) }
        var configuration = MQTTConfiguration(
            host: brokerHost ?? Terminal.environment("PHUSA_BROKER_HOST") ?? "localhost",
            port: port ?? (caFile == nil ? 1883 : 8883), clientID: "phusa-\(command)-\(getpid())")
        configuration.username = username ?? Terminal.environment("PHUSA_BROKER_USERNAME")
        configuration.password = password ?? Terminal.environment("PHUSA_BROKER_PASSWORD")
        // Nothing is subscribed to, so there is no session to keep.
        configuration.sessionExpirySeconds = 0
        if let caFile {
            configuration.security = MQTTSecurity()
            configuration.security?.authorityFile = caFile
        }
        return configuration
    }
}
