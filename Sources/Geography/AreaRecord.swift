/// One unit as a file describes it: a row of a table of units, or a feature of a GeoJSON file, or both put together.
///
/// Both kinds of file use the same names; only `code` is needed.
///
///     code        text, leading zeros kept       parent      the code of the unit that holds this one
///     name        in Vietnamese                  name_en     in English
///     full_name   with its kind: Phường Ba Đình  level       city, ward or neighbourhood
///     kind        phuong, xa, dac_khu, …         kind_en     ward, commune, …
///     area_km2    the area officially declared
///     valid_from  the first day in force         valid_to    the first day no longer in force
package struct AreaRecord: Equatable, Sendable {
    package var code: String
    package var level: AreaLevel?
    package var name: String?
    package var nameEnglish: String?
    package var fullName: String?
    package var kind: String?
    package var kindEnglish: String?
    package var parent: String?
    package var declaredSquareKilometres: Double?
    package var validity: Validity
    /// The outline; nil when only the code is known.
    package var shape: AreaShape?
    /// The file and the place in it, for errors.
    package var file: String
    package var place: String

    package init(code: String, file: String, place: String, validity: Validity = .always) {
        self.code = code
        self.file = file
        self.place = place
        self.validity = validity
    }

    /// What the other record says, and this one does not.
    mutating func complete(from other: AreaRecord) {
        level = level ?? other.level
        name = name ?? other.name
        nameEnglish = nameEnglish ?? other.nameEnglish
        fullName = fullName ?? other.fullName
        kind = kind ?? other.kind
        kindEnglish = kindEnglish ?? other.kindEnglish
        parent = parent ?? other.parent
        declaredSquareKilometres = declaredSquareKilometres ?? other.declaredSquareKilometres
    }

    /// Sets what a column or property says; unknown names are left alone, for files may hold more.
    mutating func set(_ name: String, to text: String) throws(AreaError) {
        guard !text.isEmpty else { return }
        switch name {
        case "code": code = text
        case "name": self.name = text
        case "name_en": nameEnglish = text
        case "full_name": fullName = text
        case "kind": kind = text
        case "kind_en": kindEnglish = text
        case "parent": parent = text
        case "valid_from": validity.start = try day(text, name)
        case "valid_to": validity.end = try day(text, name)
        case "area_km2":
            guard let area = Double(text), area.isFinite, area >= 0 else {
                throw error("area_km2 is \(text), not a number of square kilometres", "Write a number such as 2.97")
            }
            declaredSquareKilometres = area
        case "level":
            guard let level = AreaLevel(rawValue: text) else {
                throw error("level is \(text)", "Write city, ward or neighbourhood")
            }
            self.level = level
        default: break
        }
    }

    private func day(_ text: String, _ name: String) throws(AreaError) -> CalendarDay {
        guard let day = CalendarDay(text) else {
            throw error("\(name) is \(text), not a day", "Write a day such as 2025-07-01")
        }
        return day
    }

    func error(_ message: String, _ fix: String) -> AreaError {
        AreaError(file: file, place: place, message: message, fix: fix)
    }
}

/// The three tiers by which results are asked for.
package enum AreaLevel: String, Hashable, Comparable, Sendable, CaseIterable {
    case city
    /// A ward, commune or special zone.
    case ward
    /// A khu phố, ấp, thôn or tổ dân phố, which no official list of codes names.
    case neighbourhood

    /// From the city down.
    package static func < (left: AreaLevel, right: AreaLevel) -> Bool { left.depth < right.depth }

    var depth: Int {
        switch self {
        case .city: 0
        case .ward: 1
        case .neighbourhood: 2
        }
    }
}
