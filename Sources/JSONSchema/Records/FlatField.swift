import JSONDocument

/// The checks of one member of a flat object, merged from the steps of its schema; without references, so that an
/// array of them is read without counting.
struct FlatField: Sendable {
    var types: ValueTypes = .all
    var lowerInteger = Int64.min
    var upperInteger = Int64.max
    var lowerDouble = -Double.infinity
    var upperDouble = Double.infinity
    var multiple: DecimalMultiple?
    var minimumLength = 0
    var maximumLength = Int.max
    /// Index of the table of allowed strings, or -1.
    var strings = -1
    /// Index of the pattern, or -1.
    var pattern = -1
    var format: StringFormat?
    /// The node of the schema; -1 when there is none.
    var node = -1
    /// Whether only ``node`` can decide.
    var isGeneral = false
    /// The values that count as absent: a range of the sentinels.
    var sentinelStart = 0
    var sentinelEnd = 0
    /// Where the index of the value goes, or -1.
    var slot = -1
    /// Whether the member is a field or has fields inside; else it is extra.
    var isField = false

    /// Whether both bounds are integers so small that a decimal can be compared with them as one.
    @inline(__always)
    var hasSmallIntegerBounds: Bool {
        Double(lowerInteger) == lowerDouble && Double(upperInteger) == upperDouble && lowerInteger >= -1000
            && upperInteger <= 1000
    }

    /// Whether more than the length of a string counts.
    @inline(__always)
    var restrictsContent: Bool { strings >= 0 || pattern >= 0 || format != nil }

    /// Whether the type and bounds hold for an integer.
    @inline(__always)
    func accepts(_ value: Int64) -> Bool {
        guard value >= lowerInteger, value <= upperInteger, !types.isDisjoint(with: [.integer, .number]) else {
            return false
        }
        return multiple?.divides(value) ?? true
    }

    /// Whether the type and bounds hold for a number with a fraction or exponent.
    @inline(__always)
    func accepts(_ value: Double) -> Bool {
        guard value >= lowerDouble, value <= upperDouble,
            types.contains(.number) || (types.contains(.integer) && value.isWhole)
        else { return false }
        return multiple?.divides(value) ?? true
    }

    /// Narrows the bounds from below.
    mutating func raise(to limit: JSONNumber, isExclusive: Bool) {
        var integer = Int64.min
        var isImpossible = false
        switch limit {
        case .integer(let value):
            integer = isExclusive ? value &+ 1 : value
            isImpossible = isExclusive && value == .max
        case .unsigned: isImpossible = true
        case .double(let value):
            isImpossible = value >= 0x1p63
            if !isImpossible, value >= -0x1p63 {
                let whole = Int64(value)
                let isBelow = Double(whole) < value || (isExclusive && Double(whole) == value)
                integer = isBelow ? whole + 1 : whole
            }
        }
        lowerInteger = max(lowerInteger, isImpossible ? .max : integer)
        // An empty range for integers.
        if isImpossible { upperInteger = .min }
        var double = limit.double
        let isBelow = isExclusive ? JSONNumber.double(double) <= limit : JSONNumber.double(double) < limit
        if isBelow { double = double.nextUp }
        lowerDouble = max(lowerDouble, double)
    }

    /// Narrows the bounds from above.
    mutating func lower(to limit: JSONNumber, isExclusive: Bool) {
        var integer = Int64.max
        var isImpossible = false
        switch limit {
        case .integer(let value):
            integer = isExclusive ? value &- 1 : value
            isImpossible = isExclusive && value == .min
        case .unsigned: break
        case .double(let value):
            isImpossible = value < -0x1p63 || (isExclusive && value == -0x1p63)
            if !isImpossible, value < 0x1p63 {
                let whole = Int64(value)
                let isAbove = Double(whole) > value || (isExclusive && Double(whole) == value)
                integer = isAbove ? whole - 1 : whole
            }
        }
        upperInteger = min(upperInteger, isImpossible ? .min : integer)
        if isImpossible { lowerInteger = .max }
        var double = limit.double
        let isAbove = isExclusive ? JSONNumber.double(double) >= limit : JSONNumber.double(double) > limit
        if isAbove { double = double.nextDown }
        upperDouble = min(upperDouble, double)
    }
}

/// A value that stands for "no value".
struct Sentinel: Sendable {
    let number: JSONNumber
    /// The value as an integer; only with ``hasInteger``.
    var integer: Int64 = 0
    var hasInteger = false
    /// The value as a double; NaN, which equals nothing, when no double is the value.
    var double = Double.nan

    init?(_ tree: JSONTree) {
        guard let number = JSONNumber(tree) else { return nil }
        self.number = number
        switch number {
        case .integer(let value):
            integer = value
            hasInteger = true
        case .unsigned: break
        case .double(let value):
            if let value = Int64(exactly: value) {
                integer = value
                hasInteger = true
            }
        }
        let nearest = number.double
        if JSONNumber.double(nearest) == number { double = nearest }
    }
}
