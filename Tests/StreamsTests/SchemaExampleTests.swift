import DurableFiles
import JSONDocument
import Telemetry
import Testing

@testable import Streams

/// The folder of the shipped stream definitions.
let shippedStreams = #filePath.components(before: "/Tests/StreamsTests/") + "/Schemas/streams"

extension String {
    fileprivate func components(before marker: String) -> String {
        firstRange(of: marker).map { String(self[..<$0.lowerBound]) } ?? self
    }
}

/// What `examples/expect.yaml` says.
private struct Expectations {
    var arrival = ""
    var invalid: [(file: String, reason: String, pointer: String)] = []
    var sentinels: [(file: String, pointers: [String])] = []

    init(_ stream: String) throws {
        let path = "\(shippedStreams)/\(stream)/examples/expect.yaml"
        let text = String(decoding: try SystemFileStore().read(path), as: UTF8.self)
        let members = try DefinitionNode(parsing: text, file: path).members(known: ["arrival", "invalid", "sentinels"])
        arrival = try members["arrival"]?.string() ?? ""
        for (key, value) in try members["invalid"]?.members() ?? [] {
            let parts = try value.members(known: ["reason", "pointer"])
            invalid.append((key.text, parts["reason"]?.text ?? "", parts["pointer"]?.text ?? ""))
        }
        for (key, value) in try members["sentinels"]?.members() ?? [] {
            sentinels.append((key.text, try value.elements().map(\.text)))
        }
    }
}

struct SchemaExampleTests {
    /// Every folder, so that a new stream is tested without a word here.
    ///
    /// Empty when they cannot be read, which the first test notices.
    static let names = ((try? SystemFileStore().entries(of: shippedStreams)) ?? []).filter(\.isDirectory).map(\.name)

    /// Compiled once for all tests.
    private static let catalog = Result { try StreamCatalog.load(shippedStreams) }

    private func plan(_ name: String) throws -> StreamPlan {
        try #require(try Self.catalog.get().stream(named: name))
    }

    private func examples(_ stream: String, _ kind: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = "\(shippedStreams)/\(stream)/examples/\(kind)"
        let store = SystemFileStore()
        guard try store.exists(folder) else { return [] }
        return try store.list(folder).map { ($0, try store.read("\(folder)/\($0)")) }
    }

    @Test("every shipped folder is a stream with topics of its own")
    func catalog() throws {
        let catalog = try Self.catalog.get()
        #expect(catalog.streams.count >= 13)
        #expect(catalog.streams.map(\.name) == Self.names.sorted())
        var matcher = catalog.makeTopicMatcher()
        for (index, stream) in catalog.streams.enumerated() {
            let route = matcher.route(of: "telemetry/hcm/\(stream.name)/d1".utf8Bytes)
            #expect(route == TopicRoute(stream: index, source: 0))
        }
    }

    @Test("every valid example is stored with all its members", arguments: names)
    func valid(stream: String) throws {
        let plan = try plan(stream)
        let arrival = try Expectations(stream).arrival
        let examples = try examples(stream, "valid")
        #expect(examples.count >= 3)
        for example in examples {
            let readings = decode(example.bytes, plan, arrival: arrival)
            #expect(readings.count == 1 && readings[0].refusal == nil, "\(example.name): \(readings)")
            guard case .object(let members) = try JSONTree(parsing: example.bytes) else { continue }
            for member in members where plan.properties.contains(where: { $0.name == member.name }) {
                let cell = readings.first?.cells[member.name]
                #expect((cell == nil) == (member.value == .null), "\(example.name): \(member.name)")
            }
        }
    }

    @Test("every invalid example is refused with its reason and place", arguments: names)
    func invalid(stream: String) throws {
        let plan = try plan(stream)
        let expectations = try Expectations(stream)
        let examples = try examples(stream, "invalid")
        #expect(Set(examples.map(\.name)) == Set(expectations.invalid.map(\.file)))
        for (name, bytes) in examples {
            let readings = decode(bytes, plan, arrival: expectations.arrival)
            let expected = try #require(expectations.invalid.first { $0.file == name })
            let refusal = readings.first?.refusal
            #expect(readings.count == 1)
            #expect(refusal?.reason.rawValue == expected.reason, "\(name): \(readings)")
            #expect(refusal?.pointer == expected.pointer, "\(name): \(readings)")
            #expect(refusal?.sentence.isEmpty == false)
        }
    }

    @Test("sentinels become null", arguments: names)
    func sentinels(stream: String) throws {
        let plan = try plan(stream)
        let expectations = try Expectations(stream)
        let examples = try examples(stream, "sentinels")
        #expect(Set(examples.map(\.name)) == Set(expectations.sentinels.map(\.file)))
        for (name, bytes) in examples {
            let readings = decode(bytes, plan, arrival: expectations.arrival)
            #expect(readings.count == 1 && readings[0].refusal == nil, "\(name): \(readings)")
            for pointer in expectations.sentinels.first(where: { $0.file == name })?.pointers ?? [] {
                #expect(readings.first?.cells[String(pointer.dropFirst())] == nil, "\(name): \(pointer)")
            }
        }
    }
}
