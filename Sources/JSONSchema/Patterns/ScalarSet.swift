/// A set of Unicode code points as sorted ranges that neither overlap nor touch.
struct ScalarSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let maximum: UInt32 = 0x10FFFF
    static let all = ScalarSet([0...maximum])
    static let digits = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// ECMA-262 WhiteSpace and LineTerminator.
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    /// What `.` does not match.
    static let lineTerminators = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])

    init(_ ranges: [ClosedRange<UInt32>] = []) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    init(_ scalar: UInt32) {
        ranges = [scalar...scalar]
    }

    var inverted: ScalarSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.maximum { result.append(next...Self.maximum) }
        return ScalarSet(result)
    }

    func contains(_ scalar: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(scalar)
    }

    func union(_ other: ScalarSet) -> ScalarSet {
        ScalarSet(ranges + other.ranges)
    }

    /// The code points with a Unicode property: a general category such as `L`, `Lu` or `Letter`, or `Alphabetic`.
    init?(property name: String) {
        var categories: Set<Unicode.GeneralCategory> = []
        let value = name.split(separator: "=", maxSplits: 1)
        var category = name
        if value.count == 2 {
            guard value[0] == "General_Category" || value[0] == "gc" else { return nil }
            category = String(value[1])
        }
        for (short, long, members) in Self.categories where category == short || category == long {
            categories.formUnion(members)
        }
        let isAlphabetic = name == "Alphabetic" || name == "Alpha"
        guard !categories.isEmpty || isAlphabetic || name == "Any" || name == "ASCII" else { return nil }
        if name == "Any" || name == "ASCII" {
            ranges = [0...(name == "Any" ? Self.maximum : 0x7F)]
            return
        }
        var found: [ClosedRange<UInt32>] = []
        for value in 0...Self.maximum {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            guard isAlphabetic ? properties.isAlphabetic : categories.contains(properties.generalCategory) else {
                continue
            }
            if let last = found.last, last.upperBound + 1 == value {
                found[found.count - 1] = last.lowerBound...value
            } else {
                found.append(value...value)
            }
        }
        ranges = found
    }

    private static let categories: [(String, String, Set<Unicode.GeneralCategory>)] = [
        ("L", "Letter", [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]),
        ("LC", "Cased_Letter", [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]),
        ("Lu", "Uppercase_Letter", [.uppercaseLetter]),
        ("Ll", "Lowercase_Letter", [.lowercaseLetter]),
        ("Lt", "Titlecase_Letter", [.titlecaseLetter]),
        ("Lm", "Modifier_Letter", [.modifierLetter]),
        ("Lo", "Other_Letter", [.otherLetter]),
        ("M", "Mark", [.nonspacingMark, .spacingMark, .enclosingMark]),
        ("Mn", "Nonspacing_Mark", [.nonspacingMark]),
        ("Mc", "Spacing_Mark", [.spacingMark]),
        ("Me", "Enclosing_Mark", [.enclosingMark]),
        ("N", "Number", [.decimalNumber, .letterNumber, .otherNumber]),
        ("Nd", "Decimal_Number", [.decimalNumber]),
        ("Nd", "digit", [.decimalNumber]),
        ("Nl", "Letter_Number", [.letterNumber]),
        ("No", "Other_Number", [.otherNumber]),
        (
            "P", "Punctuation",
            [
                .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation,
            ]
        ),
        ("Pc", "Connector_Punctuation", [.connectorPunctuation]),
        ("Pd", "Dash_Punctuation", [.dashPunctuation]),
        ("Ps", "Open_Punctuation", [.openPunctuation]),
        ("Pe", "Close_Punctuation", [.closePunctuation]),
        ("Pi", "Initial_Punctuation", [.initialPunctuation]),
        ("Pf", "Final_Punctuation", [.finalPunctuation]),
        ("Po", "Other_Punctuation", [.otherPunctuation]),
        ("S", "Symbol", [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol]),
        ("Sm", "Math_Symbol", [.mathSymbol]),
        ("Sc", "Currency_Symbol", [.currencySymbol]),
        ("Sk", "Modifier_Symbol", [.modifierSymbol]),
        ("So", "Other_Symbol", [.otherSymbol]),
        ("Z", "Separator", [.spaceSeparator, .lineSeparator, .paragraphSeparator]),
        ("Zs", "Space_Separator", [.spaceSeparator]),
        ("Zl", "Line_Separator", [.lineSeparator]),
        ("Zp", "Paragraph_Separator", [.paragraphSeparator]),
        ("C", "Other", [.control, .format, .surrogate, .privateUse, .unassigned]),
        ("Cc", "Control", [.control]),
        ("Cf", "Format", [.format]),
        ("Co", "Private_Use", [.privateUse]),
        ("Cn", "Unassigned", [.unassigned]),
    ]
}
