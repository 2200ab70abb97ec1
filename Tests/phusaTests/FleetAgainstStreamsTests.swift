import Streams
import Telemetry
import Testing

@testable import phusa

/// The simulated fleet and the stream definitions are written apart: here they meet.
@Suite("Simulation against the stream definitions")
struct FleetAgainstStreamsTests {
    private static let schemas = "\(#filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined())/Schemas"

    @Test("the pipeline's decoder accepts and refuses exactly what the truth says, and knows every member")
    func verdicts() throws {
        let catalog = try StreamCatalog.load("\(Self.schemas)/streams")
        var settings = SimulationSettings(start: EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000))
        settings.deviceCount = 300
        settings.duplicateShare = 0
        settings.badShare = 0.1
        var fleet = CityFleet(settings: settings, wards: try WardTable.load(folder: "\(Self.schemas)/areas"))
        var message = SimulatedMessage()
        var found = SimulationTruth(seed: settings.seed)
        for stream in SimulatedStream.allCases { found.streams[stream] = SimulationTruth.Counts() }
        var messages: [SimulatedMessage] = []
        for _ in 0..<20_000 {
            fleet.next(into: &message)
            messages.append(message)
        }
        for stream in SimulatedStream.allCases {
            var counts = SimulationTruth.Counts()
            var decoder = PayloadDecoder(
                catalog.streams[try catalog.index(of: stream.rawValue)], source: 0, withNulls: false)
            for message in messages where message.stream == stream {
                counts.messages += 1
                for outcome in decoder.decode(message.payload, arrival: message.time) {
                    switch outcome {
                    case .reading(let json):
                        counts.readings += 1
                        #expect(!json.contains("\"extra\""), "the schema knows every member of \(json)")
                    case .refused(let refusal):
                        let defect = try #require(Defect(rawValue: refusal.reason.rawValue), "\(refusal)")
                        counts.bad[defect, default: 0] += 1
                    }
                }
            }
            // Late readings cannot be told from others by their form.
            counts.late = fleet.truth.streams[stream]?.late ?? 0
            found.streams[stream] = counts
        }
        #expect(found == fleet.truth)
    }

    @Test("wards are read with their outlines, and places lie inside them")
    func wards() throws {
        let wards = try WardTable.load(folder: "\(Self.schemas)/areas")
        #expect(wards.count == 294)
        #expect(wards.allSatisfy { $0.code.utf8.count == 5 && $0.outline != nil })
        #expect(wards.allSatisfy { $0.outline?.contains(longitude: $0.longitude, latitude: $0.latitude) == true })
        var random = SeededRandom(seed: 5)
        for ward in wards {
            let place = ward.place(using: &random)
            #expect(ward.outline?.contains(longitude: place.longitude, latitude: place.latitude) == true)
            #expect(place.freeMetres > 0)
        }
    }
}
