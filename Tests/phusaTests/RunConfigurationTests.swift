import DurableFiles
import MQTTSource
import Pipeline
import TestSupport
import Testing

@testable import phusa

@Suite("Configuration of phusa run")
struct RunConfigurationTests {
    private func load(
        _ yaml: String, environment: [String: String] = [:], sets: [String] = []
    ) throws -> RunConfiguration {
        let folder = try TemporaryDirectory()
        let file = "\(folder.path)/phusa.yaml"
        try SystemFileStore().createAtomically(file, Array(yaml.utf8))
        return try RunConfiguration.load(file: file, environment: environment, sets: sets)
    }

    private func sentence(
        of yaml: String, environment: [String: String] = [:], sets: [String] = []
    ) throws -> String {
        do {
            _ = try load(yaml, environment: environment, sets: sets)
            return "no error"
        } catch let failure as CommandFailure {
            #expect(failure.kind == .usage)
            return failure.sentence
        }
    }

    @Test("the file, the environment and --set override each other in this order")
    func precedence() throws {
        let yaml = """
            data: from-file
            node: from-file
            broker:
              host: from-file
              port: 1884
              subscribe: [a/#, b/+]
              tls: { enabled: true, ca_file: ca.pem }
            commit: { interval: 500ms, bytes: 1MiB }
            """
        let configuration = try load(
            yaml, environment: ["PHUSA_NODE": "from-environment", "PHUSA_BROKER_HOST": "from-environment"],
            sets: ["broker.host=from-set", "lanes=2"])
        #expect(configuration.data == "from-file")
        #expect(configuration.node == "from-environment")
        #expect(configuration.broker.host == "from-set")
        #expect(configuration.broker.port == 1884)
        #expect(configuration.subscribe == ["a/#", "b/+"])
        #expect(configuration.cadence.intervalMilliseconds == 500)
        #expect(configuration.cadence.byteCount == 1 << 20)
        let connection = configuration.connection(lane: "lane1", filters: ["x"])
        #expect(connection.clientID == "from-environment-lane1")
        #expect(connection.sharedGroup == "from-environment")
        #expect(connection.security?.authorityFile == "ca.pem")
    }

    @Test("every setting can be given by environment, and its default is a text that it accepts or a description")
    func settings() throws {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.variable)).count == Setting.all.count)
        for setting in Setting.all where !setting.help.isEmpty {
            let text = try sentence(of: "", environment: [setting.variable: ""])
            #expect(text.contains(setting.variable) && text.contains(setting.key), "\(setting.key): \(text)")
        }
    }

    @Test(
        "a mistake is told with file, line and what would be right",
        arguments: [
            ("data: x\nbroker:\n  hots: a\n", ":3: there is no setting `broker.hots`: did you mean `broker.host`?"),
            ("broker:\n  port: 99999\n", ":2: `broker.port` is `99999`, and should be a whole number from 1 to 65535"),
            ("commit:\n  interval: 15\n", ":2: `commit.interval` is `15`, and should be a time with its unit"),
            ("broker: x\n", ":1: `broker` holds keys"),
            ("data: [x\n", "this is not YAML"),
            ("journal:\n  limit: lots\n", ":2: `journal.limit` is `lots`, and should be a size with its unit"),
            ("broker:\n  version: 4\n", ":2: `broker.version` is `4`, and should be 5 or 3.1.1"),
            ("nonsense:\n  deep: 1\n", ":1: there is no setting `nonsense`"),
            ("commit:\n  interval: 106751991167d\n", "and should be a time with its unit"),
            ("broker:\n  session_expiry: 1ms\n", "from 1s to 36500d"),
            ("message:\n  limit: 1TiB\n", "at most 256 MiB"),
        ])
    func mistakes(yaml: String, expected: String) throws {
        let text = try sentence(of: yaml)
        #expect(text.contains(expected), "\(text)")
        #expect(text.contains("phusa.yaml"), "\(text)")
    }

    @Test("a mistake in the environment or in --set names its place")
    func otherPlaces() throws {
        #expect(
            try sentence(of: "", environment: ["PHUSA_LANES": "0"])
                == "environment variable PHUSA_LANES: `lanes` is `0`, and should be a whole number from 1 to 64")
        #expect(try sentence(of: "", sets: ["lanes"]).contains("--set lanes: there is no value"))
        #expect(try sentence(of: "", sets: ["lane=1"]).contains("did you mean `lanes`?"))
    }

    @Test("TLS settings without TLS are a contradiction")
    func contradictions() throws {
        #expect(try load("").contradiction == nil)
        #expect(try load("broker: { tls: { enabled: true, ca_file: ca.pem } }").contradiction == nil)
        let forgotten = try load("broker: { tls: { ca_file: ca.pem } }").contradiction
        #expect(forgotten?.contains("broker.tls.enabled") == true)
    }

    @Test("a file that is not there is told with what to do")
    func missingFile() {
        #expect {
            try RunConfiguration.load(file: "/nonexistent/phusa.yaml", environment: [:], sets: [])
        } throws: { error in
            let sentence = (error as? CommandFailure)?.sentence ?? ""
            return sentence.contains("/nonexistent/phusa.yaml") && sentence.contains("--config FILE")
        }
    }
}
