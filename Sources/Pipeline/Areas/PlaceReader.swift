import Geography
import Streams
import Telemetry

/// Reads where the readings of a stream were taken from its columns, whatever types these have.
struct PlaceReader: Sendable {
    /// A column of degrees.
    private struct Coordinate: Sendable {
        enum Form: Sendable {
            /// A word times this is a count of units of `Position`.
            case multiplied(by: Int64)
            /// A word divided by this, rounded.
            case divided(by: Int64)
            case degrees
        }

        let column: Int
        let form: Form

        init(_ column: Int, _ definitions: [ColumnDefinition]) {
            self.column = column
            switch definitions[column].type {
            case .decimal(_, let scale) where scale > Position.decimalPlaces:
                form = .divided(by: Self.powerOfTen(scale - Position.decimalPlaces))
            case .decimal(_, let scale): form = .multiplied(by: Self.powerOfTen(Position.decimalPlaces - scale))
            case .double: form = .degrees
            default: form = .multiplied(by: Self.powerOfTen(Position.decimalPlaces))
            }
        }

        private static func powerOfTen(_ exponent: Int) -> Int64 {
            (0..<exponent).reduce(1) { power, _ in power * 10 }
        }

        /// The units of `Position`; nil for what is no angle.
        @inline(__always)
        func units(_ word: Int64) -> Int64? {
            switch form {
            case .multiplied(let factor):
                let (units, overflow) = word.multipliedReportingOverflow(by: factor)
                return overflow ? nil : units
            case .divided(let divisor):
                let (quotient, remainder) = word.quotientAndRemainder(dividingBy: divisor)
                return remainder.magnitude * 2 < divisor.magnitude ? quotient : quotient + word.signum()
            case .degrees:
                let degrees = Double(bitPattern: UInt64(bitPattern: word))
                // Also false for what is no number.
                guard degrees.magnitude <= 180 else { return nil }
                return Int64(degrees * Position.unitsPerDegree + (degrees < 0 ? -0.5 : 0.5))
            }
        }
    }

    /// Some rows, each at its place behind the first.
    struct Rows: Sendable {
        /// A place of no meaning where a row has none.
        fileprivate(set) var positions: [Position] = []
        fileprivate(set) var isLocated: [Bool] = []
        /// Ids in the dictionary of the codes' column; -1 for none.
        fileprivate(set) var codes: [Int32] = []
        /// The indices of the areas to which the rows belong, once they are known; -1 for none.
        var wards: [Int32] = []
        var neighbourhoods: [Int32] = []
        /// What became of the codes, by the places of the cases among all.
        var agreements: [Int32] = []

        fileprivate mutating func resize(_ count: Int) {
            func fill<Element>(_ array: inout [Element], _ element: Element) {
                array.removeAll(keepingCapacity: true)
                array.append(contentsOf: repeatElement(element, count: count))
            }
            fill(&positions, Position.origin)
            fill(&isLocated, false)
            fill(&codes, -1)
            fill(&wards, -1)
            fill(&neighbourhoods, -1)
            fill(&agreements, -1)
        }

        /// Finds the areas in which the positions lie.
        mutating func find(in version: AreaVersion) {
            let positions = positions
            version.findWards(at: positions.span, into: &wards)
            guard version.hasNeighbourhoodOutlines else { return }
            version.findNeighbourhoods(at: positions.span, into: &neighbourhoods)
        }
    }

    /// The column of the reading's time, which is never null.
    let time: Int
    private let coordinates: (latitude: Coordinate, longitude: Coordinate)?
    private let ward: Int?

    init(_ plan: StreamPlan) {
        time = plan.timeColumn
        ward = plan.place.ward
        if let latitude = plan.place.latitude, let longitude = plan.place.longitude {
            coordinates = (Coordinate(latitude, plan.columns), Coordinate(longitude, plan.columns))
        } else {
            coordinates = nil
        }
    }

    /// Puts into `result` where rows were taken and which codes they carry.
    func read(_ rows: Range<Int>, of batch: borrowing ColumnBatch, into result: inout Rows) {
        result.resize(rows.count)
        locate(rows, of: batch, into: &result.positions, isLocated: &result.isLocated)
        guard let ward else { return }
        let (words, hasCode) = (batch.words(of: ward), batch.validity(of: ward))
        var codes = result.codes.mutableSpan
        for index in codes.indices where hasCode[rows.lowerBound + index] != 0 {
            codes[index] = Int32(truncatingIfNeeded: words[rows.lowerBound + index])
        }
    }

    private func locate(
        _ rows: Range<Int>, of batch: borrowing ColumnBatch, into positions: inout [Position],
        isLocated: inout [Bool]
    ) {
        guard let (latitude, longitude) = coordinates else { return }
        let (latitudes, longitudes) = (batch.words(of: latitude.column), batch.words(of: longitude.column))
        let hasLatitude = batch.validity(of: latitude.column)
        let hasLongitude = batch.validity(of: longitude.column)
        var positions = positions.mutableSpan
        var isLocated = isLocated.mutableSpan
        for index in positions.indices {
            let row = rows.lowerBound + index
            guard hasLatitude[row] & hasLongitude[row] != 0, let north = latitude.units(latitudes[row]),
                let east = longitude.units(longitudes[row]),
                let position = Position(longitudeUnits: east, latitudeUnits: north)
            else { continue }
            positions[index] = position
            isLocated[index] = true
        }
    }

    /// Looks the codes up that came since the last call; `claims` are by their ids.
    func prepare(
        _ claims: inout KnownClaims, of batch: borrowing ColumnBatch, in version: AreaVersion, former: FormerCodes
    ) {
        guard let ward, batch.mayHaveValues(ward) else { return }
        let offsets = batch.dictionaryOffsets(of: ward)
        let bytes = batch.dictionaryBytes(of: ward)
        while claims.all.count + 1 < offsets.count {
            let id = claims.all.count
            let code = String(decoding: bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1])))
            claims.append(AreaClaim(code: code, in: version, former: former))
        }
    }
}
