/// The words of the condition language.
enum ConditionToken: Equatable {
    /// A column's name; keywords are names that were not quoted.
    case name(String, isQuoted: Bool)
    case number(DecimalLiteral)
    case text(String)
    case comparison(Comparison)
    case openParenthesis
    case closeParenthesis
    case comma
    case end

    /// The keyword that this is, in capitals.
    var keyword: String? {
        guard case .name(let name, isQuoted: false) = self else { return nil }
        let upper = name.uppercased()
        return Self.keywords.contains(upper) ? upper : nil
    }

    private static let keywords: Set<String> = ["AND", "OR", "NOT", "IN", "BETWEEN", "IS", "NULL", "TRUE", "FALSE"]
}

/// How two values are compared.
enum Comparison: String, CaseIterable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// The same with its sides exchanged.
    var mirrored: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}

/// A number as it was written: `digits / 10^scale`.
struct DecimalLiteral: Equatable {
    let digits: Int64
    let scale: Int

    var double: Double {
        // Division by a power of ten is exact up to 10^22, and a literal has at most 18 digits.
        var power = 1.0
        for _ in 0..<scale { power *= 10 }
        return Double(digits) / power
    }
}

/// Cuts a condition into tokens.
struct ConditionLexer {
    private let characters: [Character]
    private let text: String
    private var next = 0
    /// The token that was read last, and where it begins.
    private(set) var token = ConditionToken.end
    private(set) var start = 0

    init(_ text: String) throws(ConditionError) {
        self.text = text
        characters = Array(text)
        try advance()
    }

    /// An error at the token that was read last.
    func error(_ sentence: String, at offset: Int? = nil) -> ConditionError {
        ConditionError(text: text, characterOffset: offset ?? start, sentence: sentence)
    }

    /// What stands at the token that was read last, for messages.
    var found: String { token == .end ? "the end" : "\"\(String(characters[start..<next]))\"" }

    mutating func advance() throws(ConditionError) {
        while next < characters.count, characters[next].isWhitespace { next += 1 }
        start = next
        guard next < characters.count else {
            token = .end
            return
        }
        let character = characters[next]
        next += 1
        switch character {
        case "(": token = .openParenthesis
        case ")": token = .closeParenthesis
        case ",": token = .comma
        case "'": token = .text(try quoted(by: "'", what: "text"))
        case "\"": token = .name(try quoted(by: "\"", what: "name"), isQuoted: true)
        case "=", "<", ">", "!": token = .comparison(try comparison(from: character))
        case "-", "+", ".", "0"..."9": token = .number(try number())
        case _ where character.isLetter || character == "_":
            while next < characters.count, Self.isNamePart(characters[next]) { next += 1 }
            token = .name(String(characters[start..<next]), isQuoted: false)
        default:
            throw error("\(character) has no meaning here.")
        }
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private mutating func quoted(by quote: Character, what: String) throws(ConditionError) -> String {
        var value = ""
        while next < characters.count {
            let character = characters[next]
            next += 1
            guard character == quote else {
                value.append(character)
                continue
            }
            // Two of them stand for one.
            guard next < characters.count, characters[next] == quote else { return value }
            value.append(quote)
            next += 1
        }
        throw error("The \(what) that begins here does not end: close it with \(quote).")
    }

    private mutating func comparison(from character: Character) throws(ConditionError) -> Comparison {
        var sign = String(character)
        if next < characters.count, "=>".contains(characters[next]), let both = Self.signs[sign + [characters[next]]] {
            next += 1
            return both
        }
        if next < characters.count, characters[next] == "=", character == "=" {
            next += 1
            sign = "="
        }
        guard let comparison = Self.signs[sign] else { throw error("Write <> for \"not equal\".") }
        return comparison
    }

    private static let signs: [String: Comparison] = [
        "=": .equal, "<>": .notEqual, "!=": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater,
        ">=": .greaterOrEqual,
    ]

    private mutating func number() throws(ConditionError) -> DecimalLiteral {
        var isNegative = false
        if "+-".contains(characters[start]) {
            isNegative = characters[start] == "-"
        } else {
            next = start
        }
        var digits: Int64 = 0
        var scale = 0
        var digitCount = 0
        var hasPoint = false
        while next < characters.count {
            if characters[next] == ".", !hasPoint {
                hasPoint = true
            } else if let digit = characters[next].isASCII ? characters[next].wholeNumberValue : nil {
                digitCount += 1
                // 18 digits are what a column's word holds.
                guard digitCount <= 18 else { throw error("This number has more than 18 digits.") }
                digits = digits * 10 + Int64(digit)
                scale += hasPoint ? 1 : 0
            } else {
                break
            }
            next += 1
        }
        guard digitCount > 0 else { throw error("A number needs digits.") }
        if next < characters.count, Self.isNamePart(characters[next]) {
            throw error("This is neither a number nor a name: write numbers with digits and a point only.")
        }
        return DecimalLiteral(digits: isNegative ? -digits : digits, scale: scale)
    }
}
