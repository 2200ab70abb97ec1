import Telemetry

/// A row of `sparkplug_births` without its payload, and where that is.
struct CertificateKey {
    /// `group/edge node` or `group/edge node/device`.
    let edge: String
    /// Nil for one of a later version of this program, which counts as an end.
    let event: BirthEvent?
    /// 0 where the offset alone says what is later.
    let arrival: Int64
    let offset: JournalOffset
    /// The number of the segment, and of the row in it.
    let file: Int
    let row: Int

    /// The edge node of a device; nil for an edge node.
    var node: String? {
        let levels = edge.split(separator: "/", omittingEmptySubsequences: false)
        return levels.count < 3 ? nil : levels.prefix(2).joined(separator: "/")
    }

    func isLater(than other: CertificateKey) -> Bool { (arrival, offset) > (other.arrival, other.offset) }
}

/// The latest certificate of each edge node and device, in whatever order they are found.
///
/// A birth of an edge node replaces the one before and ends its devices; a death ends what was born.
struct LatestCertificates {
    private var latest: [String: CertificateKey] = [:]

    mutating func insert(_ key: CertificateKey) {
        if let known = latest[key.edge], known.isLater(than: key) { return }
        latest[key.edge] = key
    }

    /// The births that are neither replaced nor ended by a later certificate, by offset.
    var holding: [CertificateKey] {
        latest.values.filter { key in
            guard key.event == .birth else { return false }
            guard let node = key.node.flatMap({ latest[$0] }) else { return true }
            return !node.isLater(than: key)
        }.sorted { $0.offset < $1.offset }
    }
}
