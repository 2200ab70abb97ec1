import Geography
package import Streams
package import Telemetry

/// Fills the columns of a stream's batch that say to which areas its readings belong.
///
/// Whatever stands still is worked out once: what a code can mean for each distinct code, and the string of an area for
/// each area. Both hold until the batch is emptied.
package struct AreaFill: Sendable {
    private let reference: AreaReference
    private let reader: PlaceReader

    /// The rows before this one are done.
    private var filledCount = 0
    /// How many of them carry a code that contradicts their location.
    package private(set) var mismatchCount = 0

    /// By period.
    private var claims: [KnownClaims]
    private var areas: DerivedColumn
    private var neighbourhoods: DerivedColumn
    private var agreements: DerivedColumn
    private var rows = PlaceReader.Rows()
    private let agreementTexts = AreaPlacement.Agreement.allCases.map(\.rawValue)

    /// Nil for a stream without a place, and where no areas are known.
    package init?(_ plan: StreamPlan, _ reference: AreaReference) {
        guard let columns = plan.place.derived, let atlas = reference.atlas else { return nil }
        self.reference = reference
        reader = PlaceReader(plan)
        claims = reference.periods.map { _ in KnownClaims() }
        areas = DerivedColumn(columns.area, textCount: atlas.areas.count)
        neighbourhoods = DerivedColumn(columns.neighbourhood, textCount: atlas.areas.count)
        agreements = DerivedColumn(columns.agreement, textCount: AreaPlacement.Agreement.allCases.count)
    }

    /// Forgets the batch, which was emptied.
    package mutating func reset() {
        filledCount = 0
        mismatchCount = 0
        for period in claims.indices { claims[period].removeAll() }
        areas.reset()
        neighbourhoods.reset()
        agreements.reset()
    }

    /// Fills the rows that were committed since the last call.
    package mutating func fill(_ batch: inout ColumnBatch) {
        require(filledCount <= batch.count, "rows stay once they are filled")
        while filledCount < batch.count {
            let end = min(batch.count, filledCount + Self.chunkCount)
            let (rows, period) = stretch(filledCount..<end, of: batch)
            filledCount = rows.upperBound
            // Nothing is known of the days that belong to no period: all stays null.
            if let period { fill(rows, of: &batch, period: period) }
        }
    }

    /// 2048: what is worked out for so many rows stays in the first cache until it is written.
    private static let chunkCount = 2048

    /// The first of these rows that belong to one period, and which one.
    private func stretch(_ rows: Range<Int>, of batch: borrowing ColumnBatch) -> (rows: Range<Int>, period: Int?) {
        let times = batch.words(of: reader.time)
        var end = rows.lowerBound + 1
        guard let index = reference.periods.lastIndex(where: { $0.contains(times[rows.lowerBound]) }) else {
            return (rows.lowerBound..<end, nil)
        }
        let (first, last) = (reference.periods[index].start, reference.periods[index].end)
        while end < rows.upperBound, first <= times[end], times[end] < last { end += 1 }
        return (rows.lowerBound..<end, index)
    }

    private mutating func fill(_ range: Range<Int>, of batch: inout ColumnBatch, period: Int) {
        guard let atlas = reference.atlas else { return }
        let version = reference.periods[period].version
        reader.read(range, of: batch, into: &rows)
        reader.prepare(&claims[period], of: batch, in: version, former: reference.former)
        rows.find(in: version)
        mismatchCount += Self.judge(&rows, claims[period], in: version)
        areas.write(rows.wards, to: &batch, from: range.lowerBound) { atlas.areas[$0].code }
        let texts = agreementTexts
        agreements.write(rows.agreements, to: &batch, from: range.lowerBound) { texts[$0] }
        guard rows.neighbourhoods.contains(where: { $0 >= 0 }) else { return }
        neighbourhoods.write(rows.neighbourhoods, to: &batch, from: range.lowerBound) { atlas.areas[$0].code }
    }

    /// Holds the codes against the places; returns how many contradict them.
    private static func judge(
        _ rows: inout PlaceReader.Rows, _ claims: KnownClaims, in version: AreaVersion
    ) -> Int {
        var mismatchCount = 0
        for row in judgePlainRows(&rows, claims) {
            let code = Int(rows.codes[row])
            let claim = code < 0 ? nil : claims.all[code]
            let placement =
                rows.isLocated[row]
                ? AreaPlacement(
                    ward: id(rows.wards[row]), outlined: id(rows.neighbourhoods[row]), claim: claim, in: version)
                : AreaPlacement(position: nil, claim: claim, in: version)
            rows.wards[row] = number(placement.ward)
            rows.neighbourhoods[row] = number(placement.neighbourhood)
            rows.agreements[row] = placement.agreement.number
            if placement.agreement == .contradicts { mismatchCount += 1 }
        }
        return mismatchCount
    }

    /// Judges rows as nearly all are, with a place and no code or that of the ward there; returns the others.
    ///
    /// `AreaPlacement` says the same of these, with a detour.
    private static func judgePlainRows(_ rows: inout PlaceReader.Rows, _ claims: KnownClaims) -> [Int] {
        let (noCode, agrees) = (AreaPlacement.Agreement.noCode.number, AreaPlacement.Agreement.agrees.number)
        var others: [Int] = []
        let (isLocated, codes, wards) = (rows.isLocated, rows.codes, rows.wards)
        let plainWards = claims.plainWards.span
        var agreements = rows.agreements.mutableSpan
        for row in agreements.indices {
            let (ward, code) = (wards[row], Int(codes[row]))
            if isLocated[row], code < 0 {
                agreements[row] = noCode
            } else if isLocated[row], ward >= 0, plainWards[code] == ward {
                agreements[row] = agrees
            } else {
                others.append(row)
            }
        }
        return others
    }

    private static func id(_ number: Int32) -> AreaID? { number < 0 ? nil : AreaID(index: Int(number)) }

    private static func number(_ id: AreaID?) -> Int32 { id.map { Int32($0.index) } ?? -1 }
}

/// What the codes of a batch mean in a period, by their ids in the dictionary.
struct KnownClaims: Sendable {
    private(set) var all: [AreaClaim] = []
    /// The index of the ward that has the code; -1 where it is not that of a ward now.
    private(set) var plainWards: [Int32] = []

    mutating func append(_ claim: AreaClaim) {
        all.append(claim)
        let isWard = claim.ward != nil && claim.area == claim.ward
        plainWards.append(isWard ? claim.ward.map { Int32($0.index) } ?? -1 : -1)
    }

    mutating func removeAll() {
        all.removeAll(keepingCapacity: true)
        plainWards.removeAll(keepingCapacity: true)
    }
}

/// A column of texts of which there are few, each known by a number.
private struct DerivedColumn: Sendable {
    private static let missing: Int64 = -1

    private let column: Int
    /// The ids of the texts in the batch's dictionary; those that it lacks are missing.
    private var ids: [Int64]
    private var words: [Int64] = []
    private var defined: [UInt8] = []

    init(_ column: Int, textCount: Int) {
        self.column = column
        ids = Array(repeating: Self.missing, count: textCount)
    }

    /// Forgets the batch, which was emptied.
    mutating func reset() {
        for index in ids.indices { ids[index] = Self.missing }
    }

    /// Fills rows from `first` on with the texts that `numbers` stand for; null where a number is negative.
    mutating func write(
        _ numbers: [Int32], to batch: inout ColumnBatch, from first: Int, text: (Int) -> String
    ) {
        for number in numbers where number >= 0 && ids[Int(number)] == Self.missing {
            ids[Int(number)] = batch.intern(text(Int(number)).utf8Bytes, column: column)
        }
        if words.count < numbers.count {
            words = Array(repeating: 0, count: numbers.count)
            defined = Array(repeating: 0, count: numbers.count)
        }
        Self.translate(numbers, ids, into: &words, defined: &defined)
        batch.setWords(
            words.span.extracting(first: numbers.count), defined: defined.span.extracting(first: numbers.count),
            from: first, column: column)
    }

    private static func translate(
        _ numbers: [Int32], _ ids: [Int64], into words: inout [Int64], defined: inout [UInt8]
    ) {
        let (numbers, ids) = (numbers.span, ids.span)
        var words = words.mutableSpan
        var defined = defined.mutableSpan
        for index in numbers.indices {
            let number = Int(numbers[index])
            defined[index] = number < 0 ? 0 : 1
            words[index] = number < 0 ? 0 : ids[number]
        }
    }
}

extension AreaPlacement.Agreement {
    /// Its place among all cases.
    fileprivate var number: Int32 {
        switch self {
        case .noCode: 0
        case .agrees: 1
        case .agreesAsFormer: 2
        case .contradicts: 3
        case .unknownCode: 4
        case .unchecked: 5
        case .split: 6
        }
    }
}
