/// The areas in force from one day to another, with the index that finds them.
package struct AreaVersion: Sendable {
    package let validity: Validity
    /// By code.
    package let wards: [AreaID]
    package let neighbourhoods: [AreaID]
    private let wardIndex: AreaIndex
    private let neighbourhoodIndex: AreaIndex
    private let outlinedWards: [AreaID]
    private let outlinedNeighbourhoods: [AreaID]
    private let idsByCode: [String: AreaID]
    private let wardOfNeighbourhood: [AreaID: AreaID]

    private init(validity: Validity, areas: [Area]) {
        let inForce = areas.filter { $0.validity.overlaps(validity) }
        self.validity = validity
        let wards = inForce.filter { $0.level == .ward }
        let neighbourhoods = inForce.filter { $0.level == .neighbourhood }
        self.wards = wards.map(\.id)
        self.neighbourhoods = neighbourhoods.map(\.id)
        outlinedWards = wards.filter { $0.shape != nil }.map(\.id)
        outlinedNeighbourhoods = neighbourhoods.filter { $0.shape != nil }.map(\.id)
        wardIndex = AreaIndex(wards.compactMap(\.shape))
        neighbourhoodIndex = AreaIndex(neighbourhoods.compactMap(\.shape))
        let idsByCode = Dictionary(inForce.map { ($0.code, $0.id) }, uniquingKeysWith: { first, _ in first })
        self.idsByCode = idsByCode
        // The ward may have got a new boundary, and so another id, while the neighbourhood stayed as it was.
        wardOfNeighbourhood = Dictionary(
            neighbourhoods.compactMap { area in
                area.parent.flatMap { idsByCode[areas[Int($0.index)].code] }.map { (area.id, $0) }
            }, uniquingKeysWith: { $1 })
    }

    static func versions(of areas: [Area]) -> [AreaVersion] {
        let dated = areas.filter { $0.level != .city }
        let days = Set(dated.flatMap { [$0.validity.start, $0.validity.end].compactMap { $0 } }).sorted()
        var starts: [CalendarDay?] = [nil]
        starts += days.map { $0 }
        return starts.enumerated().compactMap { index, start in
            let validity = Validity(start: start, end: index + 1 < starts.count ? starts[index + 1] : nil)
            let hasWards = dated.contains { $0.level == .ward && $0.validity.overlaps(validity) }
            return hasWards ? AreaVersion(validity: validity, areas: areas) : nil
        }
    }

    /// The ward that holds `position`; nil outside all wards.
    package func ward(at position: Position) -> AreaID? {
        wardIndex.shape(at: position).map { outlinedWards[$0] }
    }

    /// The neighbourhood whose outline holds `position`.
    package func neighbourhood(at position: Position) -> AreaID? {
        neighbourhoodIndex.shape(at: position).map { outlinedNeighbourhoods[$0] }
    }

    /// Puts into `wards`, for each of many places, the index of the ward's id, or -1; quicker than one by one.
    package func findWards(at positions: Span<Position>, into wards: inout [Int32]) {
        wardIndex.findShapes(at: positions, into: &wards)
        Self.name(&wards, outlinedWards)
    }

    /// The same for neighbourhoods with outlines.
    package func findNeighbourhoods(at positions: Span<Position>, into neighbourhoods: inout [Int32]) {
        neighbourhoodIndex.findShapes(at: positions, into: &neighbourhoods)
        Self.name(&neighbourhoods, outlinedNeighbourhoods)
    }

    /// Whether any neighbourhood has an outline.
    package var hasNeighbourhoodOutlines: Bool { !outlinedNeighbourhoods.isEmpty }

    private static func name(_ shapes: inout [Int32], _ ids: [AreaID]) {
        for place in shapes.indices where shapes[place] >= 0 {
            shapes[place] = Int32(truncatingIfNeeded: ids[Int(shapes[place])].index)
        }
    }

    /// The area in force that has this code.
    package func area(code: String) -> AreaID? { idsByCode[code] }

    /// The ward to which a neighbourhood in force belongs.
    package func ward(of neighbourhood: AreaID) -> AreaID? { wardOfNeighbourhood[neighbourhood] }

    /// The memory of the indices.
    package var indexByteCount: Int { wardIndex.byteCount + neighbourhoodIndex.byteCount }
}
