import Telemetry
import Testing

@testable import Streams

@Suite("Subscriptions of Sparkplug sources")
struct SparkplugSourcesTests {
    private static let kinds = ["NBIRTH", "NDATA", "NDEATH", "NCMD", "DBIRTH", "DDATA", "DDEATH", "DCMD"]

    /// The topics that Sparkplug has for two groups, nodes and devices, and those of host applications.
    private static var topics: [String] {
        var topics = ["spBv1.0/STATE/host", "telemetry/x"]
        for group in ["plant", "port"] {
            for kind in kinds {
                for edge in ["e1", "e2"] {
                    let node = "spBv1.0/\(group)/\(kind)/\(edge)"
                    topics += kind.hasPrefix("N") ? [node] : [node + "/d1", node + "/d2"]
                }
            }
        }
        return topics
    }

    @Test(
        "take what the source's filter takes, once, but for commands and states of hosts",
        arguments: [
            "spBv1.0/#", "spBv1.0/plant/#", "spBv1.0/+/+/+", "spBv1.0/plant/+/e1", "spBv1.0/plant/+/e1/#",
            "spBv1.0/plant/+/#", "spBv1.0/+/+/+/+", "spBv1.0/plant/+/+/d2", "spBv1.0/plant/NDATA/+",
            "spBv1.0/plant/DDATA/#", "spBv1.0/port/NBIRTH/e2",
        ])
    func readingsOnly(filter: String) throws {
        let plan = try source("{ topic: \(filter), format: sparkplug }")
        let subscriptions = try StreamCatalog(streams: [plan]).subscriptions.map { text throws(TopicFilterError) in
            try TopicFilter(text)
        }
        let whole = try TopicFilter(filter)
        var takenCount = 0
        for topic in Self.topics {
            let isRead = !topic.contains("CMD/") && !topic.contains("STATE")
            let expected = whole.matches(topic.utf8Bytes) && isRead ? 1 : 0
            #expect(subscriptions.count { $0.matches(topic.utf8Bytes) } == expected, "\(topic)")
            takenCount += expected
        }
        #expect(takenCount > 0)
    }

    @Test("of other formats, and of filters that name other topics, stay as they are")
    func others() throws {
        for text in ["{ topic: spBv1.0/#, format: cbor }", "{ topic: +/plant/#, format: sparkplug }"] {
            let plan = try source(text)
            #expect(StreamCatalog(streams: [plan]).subscriptions == plan.sources.map(\.topicFilter.text))
        }
    }

    private func source(_ text: String) throws -> StreamPlan {
        let folder = try TemporaryDefinitions([
            (
                "coverage/stream.yaml",
                validDefinition.replacing("{ topic: telemetry/+/coverage/+, format: json }", with: text)
            ),
            ("coverage/v1.schema.json", validSchema),
        ])
        return try #require(try folder.load().stream(named: "coverage"))
    }
}
