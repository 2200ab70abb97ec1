/// Divides the plane into cells until few sides are left in each.
struct AreaIndexBuilder {
    private(set) var cells: [AreaCell] = []
    private(set) var candidates: [AreaCandidate] = []
    private(set) var edges: [Edge] = []
    /// How often a cell of the directory is divided at most.
    private(set) var depth = 0
    let origin: (longitude: Int64, latitude: Int64)
    let columnCount: Int64
    let rowCount: Int64
    let directoryShift: Int64

    private let root: CellContent
    private let maximumCellCount: Int

    /// 256 KiB of directory; over both cities its cells are 2.9 km wide.
    private static let maximumDirectoryCount: Int64 = 1 << 16
    /// A cell with more sides than this is divided: a side costs about 2 ns, a division about 5 ns.
    private static let maximumEdgeCount = 6
    /// Cells are not divided below 2^9 units, 6 m, where corners of many areas may meet in a point.
    private static let minimumShift: Int64 = 9

    init(_ shapes: [AreaShape], maximumCellCount: Int) {
        self.maximumCellCount = min(maximumCellCount, 1 << 30)
        let parts = shapes.enumerated().map { CellContent.Part(shape: $0.offset, edges: $0.element.edges) }
        root = CellContent(parts: parts.filter { !$0.edges.isEmpty })
        let longitudes = shapes.lazy.flatMap(\.rings).flatMap(\.corners).map(\.longitude)
        let latitudes = shapes.lazy.flatMap(\.rings).flatMap(\.corners).map(\.latitude)
        guard let west = longitudes.min(), let east = longitudes.max(), let south = latitudes.min(),
            let north = latitudes.max()
        else {
            (origin, columnCount, rowCount, directoryShift) = ((0, 0), 0, 0, Self.minimumShift)
            return
        }
        origin = (Int64(west), Int64(south))
        var shift = Self.minimumShift
        func count(_ start: Int32, _ end: Int32) -> Int64 { (Int64(end) - Int64(start)) >> shift + 1 }
        while count(west, east) * count(south, north) > Self.maximumDirectoryCount { shift += AreaCell.divisionShift }
        (columnCount, rowCount, directoryShift) = (count(west, east), count(south, north), shift)
    }

    mutating func build() {
        cells = Array(repeating: .outside, count: Int(columnCount * rowCount))
        fillDirectory(root, columns: 0..<columnCount, rows: 0..<rowCount)
    }

    /// Halves the directory until single cells are left, so that every side is looked at a few times only.
    private mutating func fillDirectory(_ content: CellContent, columns: Range<Int64>, rows: Range<Int64>) {
        if content.parts.isEmpty || columns.isEmpty || rows.isEmpty { return }
        if columns.count == 1, rows.count == 1 {
            let index = Int(rows.lowerBound * columnCount + columns.lowerBound)
            let frame = frame(columns: columns, rows: rows)
            // Assigned in two steps: describing a cell appends others.
            let cell = describe(content, frame: frame, shift: directoryShift)
            cells[index] = cell
            return
        }
        if columns.count >= rows.count {
            let middle = columns.lowerBound + Int64(columns.count / 2)
            for half in [columns.lowerBound..<middle, middle..<columns.upperBound] {
                fillDirectory(content.within(frame(columns: half, rows: rows)), columns: half, rows: rows)
            }
        } else {
            let middle = rows.lowerBound + Int64(rows.count / 2)
            for half in [rows.lowerBound..<middle, middle..<rows.upperBound] {
                fillDirectory(content.within(frame(columns: columns, rows: half)), columns: columns, rows: half)
            }
        }
    }

    private func frame(columns: Range<Int64>, rows: Range<Int64>) -> CellFrame {
        let west = origin.longitude + columns.lowerBound << directoryShift
        let south = origin.latitude + rows.lowerBound << directoryShift
        return CellFrame(
            west: west, south: south, east: west + Int64(columns.count) << directoryShift - 1,
            north: south + Int64(rows.count) << directoryShift - 1)
    }

    private mutating func describe(_ content: CellContent, frame: CellFrame, shift: Int64) -> AreaCell {
        guard let first = content.parts.first else { return .outside }
        if first.isWhole(in: frame) { return .whole(shape: first.shape) }
        let isCertain = content.leavesNothingOutside(of: frame)
        let testedEdgeCount = (isCertain ? content.parts.dropLast() : content.parts[...])
            .reduce(0) { $0 + $1.edges.count }
        let mayDivide =
            shift - AreaCell.divisionShift >= Self.minimumShift
            && cells.count + AreaCell.divisionCount <= maximumCellCount
        if testedEdgeCount > Self.maximumEdgeCount, mayDivide { return divide(content, frame: frame, shift: shift) }
        return border(content, isCertain: isCertain)
    }

    private mutating func divide(_ content: CellContent, frame: CellFrame, shift: Int64) -> AreaCell {
        let start = cells.count
        cells.append(contentsOf: repeatElement(.outside, count: AreaCell.divisionCount))
        let innerShift = shift - AreaCell.divisionShift
        depth = max(depth, Int((directoryShift - innerShift) / AreaCell.divisionShift))
        let side = Int64(1) << innerShift
        for row in 0..<Int64(8) {
            let south = frame.south + row * side
            let band = CellFrame(west: frame.west, south: south, east: frame.east, north: south + side - 1)
            let bandContent = content.within(band)
            for column in 0..<Int64(8) {
                let west = frame.west + column * side
                let inner = CellFrame(west: west, south: south, east: west + side - 1, north: band.north)
                let cell = describe(bandContent.within(inner), frame: inner, shift: innerShift)
                cells[start + Int(row * 8 + column)] = cell
            }
        }
        return .divided(cell: start)
    }

    private mutating func border(_ content: CellContent, isCertain: Bool) -> AreaCell {
        let start = candidates.count
        for (index, part) in content.parts.enumerated() {
            let isLast = index == content.parts.count - 1
            let firstEdge = edges.count
            if !(isLast && isCertain) { edges.append(contentsOf: part.edges) }
            candidates.append(
                AreaCandidate(
                    shape: part.shape, edges: firstEdge..<edges.count, isCertain: isLast && isCertain, isLast: isLast))
        }
        return .border(candidate: start)
    }
}

/// The places of a cell: all from west to east and south to north, both included, in units of `Position`.
struct CellFrame {
    let west: Int64
    let south: Int64
    let east: Int64
    let north: Int64
}
