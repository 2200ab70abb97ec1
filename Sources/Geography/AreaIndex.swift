/// Finds the shape that holds a place, out of many.
///
/// A directory of equal cells covers the shapes; a cell that several shapes share is divided again, 8 by 8. A cell
/// that lies in one shape answers at once. Cells on a border hold the few sides that pass through them, and what lies
/// east of the cell as sides that are always crossed, so that the exact rule of `AreaShape` is decided in the cell.
/// Where shapes overlap, the one that comes first in the list has the place.
package struct AreaIndex: Sendable {
    /// The cells of the directory, then those of divided cells, 64 for each, south to north and west to east.
    private let cells: [AreaCell]
    private let candidates: [AreaCandidate]
    private let edges: [Edge]
    private let origin: (longitude: Int64, latitude: Int64)
    private let columnCount: Int64
    private let rowCount: Int64
    /// The side of a cell of the directory is two to this power, in units of `Position`.
    private let directoryShift: Int64
    /// How often a cell of the directory is divided at most.
    private let depth: Int

    /// Builds the index; takes about a second for a million sides.
    ///
    /// - Parameters:
    ///   - shapes: the answers are their indices.
    ///   - maximumCellCount: a limit of memory, 4 bytes a cell; beyond it cells are no longer divided, so that look-ups
    ///     become slower, never wrong.
    package init(_ shapes: [AreaShape], maximumCellCount: Int = 4 << 20) {
        var builder = AreaIndexBuilder(shapes, maximumCellCount: maximumCellCount)
        builder.build()
        // The last one stands for all places outside the directory.
        cells = builder.cells + [.outside]
        depth = builder.depth
        candidates = builder.candidates
        edges = builder.edges
        origin = builder.origin
        columnCount = builder.columnCount
        rowCount = builder.rowCount
        directoryShift = builder.directoryShift
    }

    /// The index of the shape that holds `position`; nil when none does.
    package func shape(at position: Position) -> Int? {
        let east = Int64(position.longitude) &- origin.longitude
        let north = Int64(position.latitude) &- origin.latitude
        guard east >= 0, north >= 0 else { return nil }
        var shift = directoryShift
        let (column, row) = (east &>> shift, north &>> shift)
        guard column < columnCount, row < rowCount else { return nil }
        var cell = cells[Int(truncatingIfNeeded: row &* columnCount &+ column)]
        while cell.isDivided {
            shift &-= AreaCell.divisionShift
            let inner = (north &>> shift & 7) &<< 3 | (east &>> shift & 7)
            cell = cells[cell.payload &+ Int(truncatingIfNeeded: inner)]
        }
        guard cell.isOnBorder else { return cell.shape }
        return firstCandidate(from: cell.payload, at: position)
    }

    /// Puts into `found`, for each of many places, the index of the shape that holds it, or -1.
    ///
    /// The same as `shape(at:)`, in steps that each look at all places: so the processor need not wait for the memory of
    /// one place before it asks for that of the next.
    package func findShapes(at positions: Span<Position>, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        found.append(contentsOf: repeatElement(-1, count: positions.count))
        var places = found.mutableSpan
        findCells(of: positions, into: &places)
        findShapes(at: positions, in: &places)
    }

    /// Puts into `places` the index of the cell in which each position lies.
    private func findCells(of positions: Span<Position>, into places: inout MutableSpan<Int32>) {
        let cells = cells.span
        let outside = Int32(cells.count - 1)
        var shift = directoryShift
        for index in positions.indices {
            let east = Int64(positions[index].longitude) &- origin.longitude
            let north = Int64(positions[index].latitude) &- origin.latitude
            let (column, row) = (east &>> shift, north &>> shift)
            // Negative numbers are larger than all counts when their sign is a digit.
            let isInside =
                UInt64(bitPattern: column) < UInt64(columnCount) && UInt64(bitPattern: row) < UInt64(rowCount)
            places[index] = isInside ? Int32(truncatingIfNeeded: row &* columnCount &+ column) : outside
        }
        for _ in 0..<depth {
            shift &-= AreaCell.divisionShift
            for index in positions.indices {
                let east = Int64(positions[index].longitude) &- origin.longitude
                let north = Int64(positions[index].latitude) &- origin.latitude
                let inner = (north &>> shift & 7) &<< 3 | (east &>> shift & 7)
                let cell = cells[Int(places[index])]
                let next = Int32(truncatingIfNeeded: cell.payload &+ Int(truncatingIfNeeded: inner))
                places[index] = cell.isDivided ? next : places[index]
            }
        }
    }

    /// Replaces the indices of cells by those of shapes.
    private func findShapes(at positions: Span<Position>, in places: inout MutableSpan<Int32>) {
        let (cells, candidates, edges) = (cells.span, candidates.span, edges.span)
        var onBorder: [Int32] = []
        onBorder.reserveCapacity(positions.count)
        // What is read ahead, so that the loads are not dead.
        var ahead: Int32 = 0
        for index in positions.indices {
            let cell = cells[Int(places[index])]
            if cell.isOnBorder {
                onBorder.append(Int32(truncatingIfNeeded: index))
                places[index] = Int32(truncatingIfNeeded: cell.payload)
            } else {
                places[index] = Int32(truncatingIfNeeded: cell.payload) &- 1
            }
        }
        for index in onBorder {
            let first = candidates[Int(places[Int(index)])].edges.lowerBound
            if first < edges.count { ahead ^= edges[first].southLatitude }
        }
        for index in onBorder {
            let shape = firstCandidate(from: Int(places[Int(index)]), at: positions[Int(index)])
            places[Int(index)] = shape.map { Int32(truncatingIfNeeded: $0) } ?? -1
        }
        withExtendedLifetime(ahead) {}
    }

    private func firstCandidate(from start: Int, at position: Position) -> Int? {
        let (longitude, latitude) = (Int64(position.longitude), Int64(position.latitude))
        let edges = edges.span
        var index = start
        while true {
            let candidate = candidates[index]
            if candidate.isCertain { return candidate.shape }
            var isInside = false
            for edge in candidate.edges {
                let edge = edges[edge]
                let isCrossed = edge.isEast(ofLongitude: longitude, latitude: latitude)
                isInside = isInside != (edge.spans(latitude) && isCrossed)
            }
            if isInside { return candidate.shape }
            if candidate.isLast { return nil }
            index &+= 1
        }
    }

    /// The memory that the index holds.
    package var byteCount: Int {
        cells.count * MemoryLayout<AreaCell>.stride + candidates.count * MemoryLayout<AreaCandidate>.stride
            + edges.count * MemoryLayout<Edge>.stride
    }

    /// The number of cells that lie in one shape or none, on a border, and are divided.
    package var cellCounts: (whole: Int, border: Int, divided: Int) {
        let cells = cells.dropLast()
        let border = cells.count { $0.isOnBorder }
        let divided = cells.count { $0.isDivided }
        return (cells.count - border - divided, border, divided)
    }
}

/// What is known of a cell: in its two lowest bits the kind, above them what the kind needs.
struct AreaCell: BitwiseCopyable, Sendable {
    /// A divided cell is 2^3 cells wide and high.
    static let divisionShift: Int64 = 3
    static let divisionCount = 64

    private let bits: UInt32

    private init(kind: UInt32, payload: Int) {
        bits = UInt32(payload) << 2 | kind
    }

    /// A cell that no shape reaches.
    static let outside = AreaCell(kind: 0, payload: 0)

    /// A cell that lies in a shape as a whole.
    static func whole(shape: Int) -> AreaCell { AreaCell(kind: 0, payload: shape + 1) }

    /// A cell with inner ones, the first of which is at `cell`.
    static func divided(cell: Int) -> AreaCell { AreaCell(kind: 1, payload: cell) }

    /// A cell on a border, whose first candidate is at `candidate`.
    static func border(candidate: Int) -> AreaCell { AreaCell(kind: 2, payload: candidate) }

    @inline(__always) var isDivided: Bool { bits & 3 == 1 }
    @inline(__always) var isOnBorder: Bool { bits & 3 == 2 }
    @inline(__always) var payload: Int { Int(bits &>> 2) }
    /// Of a cell that is neither divided nor on a border.
    @inline(__always) var shape: Int? { payload == 0 ? nil : payload &- 1 }
}

/// A shape that a place in a border cell may lie in.
struct AreaCandidate: BitwiseCopyable, Sendable {
    private let shapeAndMarks: UInt32
    private let firstEdge: UInt32
    private let edgeCount: UInt32

    /// Describes a candidate.
    ///
    /// It is certain when a place of the cell that is in no candidate before must be in this one; certain ones need no
    /// sides.
    init(shape: Int, edges: Range<Int>, isCertain: Bool, isLast: Bool) {
        shapeAndMarks = UInt32(shape) << 2 | (isCertain ? 2 : 0) | (isLast ? 1 : 0)
        firstEdge = UInt32(edges.lowerBound)
        edgeCount = UInt32(edges.count)
    }

    @inline(__always) var shape: Int { Int(shapeAndMarks &>> 2) }
    @inline(__always) var isCertain: Bool { shapeAndMarks & 2 != 0 }
    @inline(__always) var isLast: Bool { shapeAndMarks & 1 != 0 }
    @inline(__always) var edges: Range<Int> { Int(firstEdge)..<(Int(firstEdge) &+ Int(edgeCount)) }
}
