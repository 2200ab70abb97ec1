/// What decides, within a cell, which shapes hold a place.
///
/// A part keeps the promise: a place of the cell lies in the shape exactly when a ray to the east crosses an odd number
/// of the part's sides. The root has all sides of all shapes; `within` derives the content of a cell from that of a
/// larger one without breaking the promise.
struct CellContent {
    /// One shape, with those sides for which it depends on the place whether they are crossed.
    struct Part {
        let shape: Int
        let edges: [Edge]

        /// Whether every place of the cell lies in the shape.
        func isWhole(in frame: CellFrame) -> Bool {
            edges.count == 1 && edges[0] == Edge(alwaysCrossedIn: frame)
        }
    }

    /// In the order of the shapes; shapes that hold no place of the cell are left out.
    let parts: [Part]

    func within(_ frame: CellFrame) -> CellContent {
        var inner: [Part] = []
        for part in parts {
            let edges = Self.edges(of: part, within: frame)
            guard !edges.isEmpty else { continue }
            let part = Part(shape: part.shape, edges: edges)
            inner.append(part)
            // Nothing is left for the shapes behind.
            if part.isWhole(in: frame) { break }
        }
        return CellContent(parts: inner)
    }

    /// Whether every place of the cell lies in some shape.
    ///
    /// Sides that two neighbours share cancel each other. When all do, and what remains is crossed by every ray, then
    /// every place lies in an odd number of shapes, so at least in one.
    func leavesNothingOutside(of frame: CellFrame) -> Bool {
        var single: Set<Edge> = []
        var runs = LatitudeRuns()
        for edge in parts.lazy.flatMap(\.edges) {
            if edge.isAlwaysCrossed {
                runs.toggle(edge)
            } else if single.remove(edge) == nil {
                single.insert(edge)
            }
        }
        return single.isEmpty && runs.edges == [Edge(alwaysCrossedIn: frame)]
    }

    /// Sides that every ray of the cell crosses at some latitudes are joined; those that no ray crosses are dropped.
    private static func edges(of part: Part, within frame: CellFrame) -> [Edge] {
        var edges: [Edge] = []
        var runs = LatitudeRuns()
        for edge in part.edges {
            let south = max(Int64(edge.southLatitude), frame.south)
            let north = min(Int64(edge.northLatitude) - 1, frame.north)
            guard south <= north else { continue }
            // The side is straight, so what holds at both ends of the latitudes holds between them.
            if edge.isEast(ofLongitude: frame.east, latitude: south)
                && edge.isEast(ofLongitude: frame.east, latitude: north)
            {
                runs.toggle(Edge(alwaysCrossedFrom: Int32(south), to: Int32(north + 1)))
            } else if edge.isEast(ofLongitude: frame.west, latitude: south)
                || edge.isEast(ofLongitude: frame.west, latitude: north)
            {
                edges.append(edge)
            }
        }
        edges.append(contentsOf: runs.edges)
        return edges
    }
}

/// The latitudes at which an odd number of always crossed sides is crossed.
private struct LatitudeRuns {
    /// Where odd and even change places; an even number of equal ones cancels out.
    private var ends: Set<Int32> = []

    mutating func toggle(_ edge: Edge) {
        for end in [edge.southLatitude, edge.northLatitude] where ends.remove(end) == nil { ends.insert(end) }
    }

    var edges: [Edge] {
        let ends = ends.sorted()
        return stride(from: 0, to: ends.count, by: 2).map { Edge(alwaysCrossedFrom: ends[$0], to: ends[$0 + 1]) }
    }
}

extension Edge {
    fileprivate var isAlwaysCrossed: Bool { southLongitude == .max }

    fileprivate init(alwaysCrossedIn frame: CellFrame) {
        self.init(
            alwaysCrossedFrom: Int32(clamping: frame.south), to: Int32(clamping: frame.north + 1))
    }
}
