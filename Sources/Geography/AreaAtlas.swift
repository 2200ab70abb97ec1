/// All areas that were described, as a tree, and the versions of their boundaries.
package struct AreaAtlas: Sendable {
    /// Cities first, then wards, then neighbourhoods, each by code and then by date; the index is that of the id.
    package let areas: [Area]
    /// From the oldest to the newest; periods in which no ward was in force have none.
    package let versions: [AreaVersion]
    private let children: [[AreaID]]

    /// Puts the records of all files together.
    ///
    /// A record with an outline is completed from records of its code without one. Of two outlines of a code, the later
    /// one ends the earlier one.
    /// - Throws: what contradicts itself in the files.
    package init(_ records: [AreaRecord]) throws(AreaError) {
        var builder = AreaTreeBuilder(records)
        areas = try builder.build()
        var children = areas.map { _ in [AreaID]() }
        for area in areas {
            if let parent = area.parent { children[Int(parent.index)].append(area.id) }
        }
        self.children = children
        versions = AreaVersion.versions(of: areas)
    }

    package subscript(id: AreaID) -> Area { areas[Int(id.index)] }

    /// The wards of a city, the neighbourhoods of a ward, of all versions.
    package func children(of id: AreaID) -> [AreaID] { children[Int(id.index)] }

    /// The area at `level` that holds the area or is it; nil below it.
    package func ancestor(of id: AreaID, at level: AreaLevel) -> AreaID? {
        var id = id
        while self[id].level > level {
            guard let parent = self[id].parent else { return nil }
            id = parent
        }
        return self[id].level == level ? id : nil
    }

    /// The version in force on `day`; nil before the first, and in a gap.
    package func version(inForceOn day: CalendarDay) -> AreaVersion? {
        versions.last { $0.validity.contains(day) }
    }

    /// The version that starts last; nil when no ward was described.
    package var latestVersion: AreaVersion? { versions.last }
}
