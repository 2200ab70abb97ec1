import JSONDocument
import Telemetry

/// Reads uplinks as a Helium console publishes them; several hotspots may have heard one.
enum HeliumRecords {
    static func describe(
        _ document: JSONDocument, _ root: Int, _ message: borrowing PayloadMessage, _ source: SourceTraits,
        _ outline: inout RecordOutline
    ) -> Refusal? {
        let type = document.present("type", of: root)
        guard type == 0 || isUplink(document, at: type) else {
            let found = RecordConversion.shown(document, at: type)
            return Refusal(
                .notAReading, pointer: "/type",
                sentence: "this message of a Helium console is a \(found); only uplinks carry readings")
        }
        let eui = document.present("dev_eui", of: root)
        let counter = document.present("fcnt", of: root)
        guard eui > 0 || counter > 0 || source.isMapped else {
            return Refusal(
                .notAReading,
                sentence: "an uplink of a Helium console has \"dev_eui\" and \"fcnt\", this object neither")
        }
        if eui > 0 { outline.add(.word("device"), .lowercase(eui), origin: eui) }
        outline.addTime(document, at: time(document, root), by: epoch, arrival: message.arrival)
        outline.addCounters(seq: counter, port: document.present("port", of: root))
        let decoded = document.present("payload", of: document.present("decoded", of: root))
        outline.addDecoded(decoded, raw: document.present("payload", of: root), in: document)
        return nil
    }

    /// Times are milliseconds since 1970.
    private static let epoch = TimeRule(epoch: .milliseconds)

    private static func isUplink(_ document: JSONDocument, at index: Int) -> Bool {
        document.tag(at: index) == JSONKind.string.rawValue
            && StaticString("uplink").hasSameBytes(as: document.stringBytes(at: index))
    }

    /// When the network had it, or else the first hotspot.
    private static func time(_ document: JSONDocument, _ root: Int) -> Int {
        let network = document.present("reported_at", of: root)
        guard network == 0 else { return network }
        let hotspots = document.present("hotspots", of: root)
        guard hotspots > 0, let first = document.element(0, of: hotspots) else { return 0 }
        return document.present("reported_at", of: first)
    }
}
