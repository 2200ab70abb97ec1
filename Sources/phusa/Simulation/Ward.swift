/// One of the two cities whose wards the simulation uses.
enum City: String, CaseIterable, Sendable {
    case hoChiMinhCity = "79"
    case hanoi = "01"

    /// The city's level in topics.
    var topicLevel: String {
        switch self {
        case .hoChiMinhCity: "hcm"
        case .hanoi: "hanoi"
        }
    }

    /// What the names of the city's devices begin with.
    var devicePrefix: String {
        switch self {
        case .hoChiMinhCity: "hcm"
        case .hanoi: "hn"
        }
    }
}

/// A ward (phường, xã or đặc khu) as the simulation needs it.
struct Ward: Sendable {
    let code: String
    let city: City
    /// Whether it is a phường, where sites are closer together.
    let isUrban: Bool
    /// A point inside the ward, degrees.
    let latitude: Double
    let longitude: Double
    let outline: WardOutline?

    /// A point of the ward with the distance that can be walked from it in any direction without leaving the ward.
    func place(using random: inout SeededRandom) -> Place {
        if let outline, let place = outline.place(using: &random) { return place }
        // Without an outline: near the representative point, which is inside by definition.
        return Place(latitude: latitude, longitude: longitude, freeMetres: 100)
    }
}

/// A point with the radius of a circle around it that stays inside one ward.
struct Place: Sendable {
    static let metresPerDegree = 111_320.0

    let latitude: Double
    let longitude: Double
    let freeMetres: Double
}
