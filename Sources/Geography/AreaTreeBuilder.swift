/// Makes areas of records: joins outlines and tables, orders versions, finds parents.
struct AreaTreeBuilder {
    private let records: [AreaRecord]
    private var units: [AreaRecord] = []
    /// The indices in `units`, by code.
    private var unitsByCode: [String: [Int]] = [:]

    init(_ records: [AreaRecord]) {
        self.records = records
    }

    mutating func build() throws(AreaError) -> [Area] {
        for (_, records) in Dictionary(grouping: records, by: \.code) {
            units += try Self.units(of: records)
        }
        try setLevels()
        units.sort { ($0.depth, $0.code, $0.startForOrder) < ($1.depth, $1.code, $1.startForOrder) }
        index()
        locateParents()
        var areas: [Area] = []
        for (index, unit) in units.enumerated() {
            let parent = try parent(of: unit)
            areas.append(Self.area(of: unit, id: AreaID(index: index), parent: parent.map { AreaID(index: $0) }))
        }
        return areas
    }

    /// The units that one code stands for, one after the other.
    private static func units(of records: [AreaRecord]) throws(AreaError) -> [AreaRecord] {
        let outlined = records.filter { $0.shape != nil }
        let plain = records.filter { $0.shape == nil }
        var units = (outlined.isEmpty ? plain : outlined).sorted { $0.startForOrder < $1.startForOrder }
        for index in units.indices {
            for other in plain where !outlined.isEmpty && other.validity.overlaps(units[index].validity) {
                units[index].complete(from: other)
            }
            guard index > 0 else { continue }
            let start = units[index].validity.start
            guard units[index - 1].startForOrder < units[index].startForOrder else {
                throw units[index].error(
                    "the code \(units[index].code) stands here and in \(units[index - 1].file), "
                        + "\(units[index - 1].place), from the same day",
                    "Remove one of them, or say with valid_from when it took effect")
            }
            if let start, units[index - 1].validity.end.map({ $0 > start }) ?? true {
                units[index - 1].validity.end = start
            }
        }
        for unit in units {
            if let start = unit.validity.start, let end = unit.validity.end, end <= start {
                throw unit.error("it ends on \(end), not after its start on \(start)", "Correct valid_from or valid_to")
            }
        }
        return units
    }

    /// A unit without a level has the one below its parent's; without a parent it is a city.
    private mutating func setLevels() throws(AreaError) {
        index()
        for index in units.indices where units[index].level == nil {
            var depth = 0
            var unit = units[index]
            while unit.level == nil, let code = unit.parent, depth <= AreaLevel.neighbourhood.depth {
                guard let parent = unitsByCode[code]?.first else { throw Self.missingParent(of: unit) }
                unit = units[parent]
                depth += 1
            }
            depth += unit.level?.depth ?? 0
            guard let level = AreaLevel.allCases.first(where: { $0.depth == depth }) else {
                throw units[index].error(
                    "it lies below more than a city and a ward", "Let parents be the ward, and the ward's the city")
            }
            units[index].level = level
        }
    }

    private mutating func index() {
        unitsByCode = Dictionary(grouping: units.indices, by: { units[$0].code })
    }

    /// Neighbourhoods that do not say so belong to the ward in which they lie.
    private mutating func locateParents() {
        let orphans = units.indices.filter { units[$0].level == .neighbourhood && units[$0].parent == nil }
        guard !orphans.isEmpty else { return }
        var wards: [Validity: (index: AreaIndex, codes: [String])] = [:]
        for orphan in orphans {
            guard let position = units[orphan].shape?.innerPosition else { continue }
            let validity = units[orphan].validity
            let found =
                wards[validity]
                ?? {
                    // Newer outlines first, so that a place that was in two wards over time belongs to the last.
                    let candidates = units.filter { $0.level == .ward && $0.shape != nil }
                        .filter { $0.validity.overlaps(validity) }.reversed()
                    return (AreaIndex(candidates.compactMap(\.shape)), candidates.map(\.code))
                }()
            wards[validity] = found
            if let ward = found.index.shape(at: position) { units[orphan].parent = found.codes[ward] }
        }
    }

    private func parent(of unit: AreaRecord) throws(AreaError) -> Int? {
        guard let code = unit.parent else {
            guard unit.level != .city else { return nil }
            throw unit.error(
                "nothing says in which \(unit.level == .ward ? "city" : "ward") \(unit.code) lies",
                "Give it the property parent")
        }
        let candidates = unitsByCode[code] ?? []
        guard let parent = candidates.last(where: { units[$0].validity.overlaps(unit.validity) }) else {
            throw Self.missingParent(of: unit)
        }
        guard units[parent].depth == unit.depth - 1 else {
            throw unit.error("its parent \(code) is a \(units[parent].levelName)", "Give the code of the unit above it")
        }
        return parent
    }

    private static func missingParent(of unit: AreaRecord) -> AreaError {
        unit.error(
            "its parent \(unit.parent ?? "") is described nowhere at that time",
            "Load the table of units too, or correct the code")
    }

    private static func area(of unit: AreaRecord, id: AreaID, parent: AreaID?) -> Area {
        let name = unit.name ?? unit.code
        return Area(
            id: id, code: unit.code, level: unit.level ?? .city, name: name, nameEnglish: unit.nameEnglish ?? name,
            fullName: unit.fullName ?? name, kind: unit.kind ?? "", kindEnglish: unit.kindEnglish ?? "",
            parent: parent, validity: unit.validity, declaredSquareKilometres: unit.declaredSquareKilometres,
            shape: unit.shape)
    }
}

extension AreaRecord {
    fileprivate var depth: Int { level?.depth ?? 0 }
    fileprivate var levelName: String { level?.rawValue ?? "unit" }
    /// Without a start: before all days.
    fileprivate var startForOrder: Int32 { validity.start?.daysSinceEpoch ?? .min }
}
