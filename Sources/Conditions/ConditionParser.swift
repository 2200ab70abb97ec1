import Telemetry

/// Reads a condition by recursive descent: OR binds weakest, then AND, then NOT.
struct ConditionParser {
    private var lexer: ConditionLexer
    private let columns: [ColumnDefinition]
    private var depth = 0

    /// Parentheses and NOT within each other: more is a mistake or an attack on the stack.
    private static let depthLimit = 100

    init(_ text: String, columns: [ColumnDefinition]) throws(ConditionError) {
        lexer = try ConditionLexer(text)
        self.columns = columns
    }

    mutating func parse() throws(ConditionError) -> ConditionNode {
        let node = try disjunction()
        guard lexer.token == .end else {
            throw lexer.error("The condition could end before \(lexer.found): join conditions with AND or OR.")
        }
        return node
    }

    private mutating func disjunction() throws(ConditionError) -> ConditionNode {
        var nodes = [try conjunction()]
        while lexer.token.keyword == "OR" {
            try lexer.advance()
            nodes.append(try conjunction())
        }
        return nodes.count == 1 ? nodes[0] : .any(nodes)
    }

    private mutating func conjunction() throws(ConditionError) -> ConditionNode {
        var nodes = [try negation()]
        while lexer.token.keyword == "AND" {
            try lexer.advance()
            nodes.append(try negation())
        }
        return nodes.count == 1 ? nodes[0] : .all(nodes)
    }

    private mutating func negation() throws(ConditionError) -> ConditionNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw lexer.error("The condition is nested too deep.") }
        if lexer.token.keyword == "NOT" {
            try lexer.advance()
            return .not(try negation())
        }
        if lexer.token == .openParenthesis {
            try lexer.advance()
            let node = try disjunction()
            guard lexer.token == .closeParenthesis else {
                throw lexer.error("A closing parenthesis is missing before \(lexer.found).")
            }
            try lexer.advance()
            return node
        }
        return try predicate()
    }

    // MARK: Predicates

    private mutating func predicate() throws(ConditionError) -> ConditionNode {
        if case .name = lexer.token, !["TRUE", "FALSE", "NULL"].contains(lexer.token.keyword) {
            return try predicate(of: try column())
        }
        // The value first: 5 < rsrp.
        let start = lexer.start
        let value = try literal()
        guard case .comparison(let comparison) = lexer.token else {
            throw lexer.error("A comparison such as >= is missing before \(lexer.found).")
        }
        try lexer.advance()
        guard case .name = lexer.token else { throw lexer.error("A column is missing before \(lexer.found).") }
        let column = try column()
        return try comparing(column, comparison.mirrored, value, at: start)
    }

    private mutating func predicate(of column: Int) throws(ConditionError) -> ConditionNode {
        if case .comparison(let comparison) = lexer.token {
            try lexer.advance()
            let start = lexer.start
            return try comparing(column, comparison, try literal(), at: start)
        }
        switch lexer.token.keyword {
        case "IS":
            try lexer.advance()
            let isNegated = try skip("NOT")
            guard lexer.token.keyword == "NULL" else { throw lexer.error("After IS comes NULL or NOT NULL.") }
            try lexer.advance()
            return isNegated ? .not(.isNull(column)) : .isNull(column)
        case "NOT":
            try lexer.advance()
            return .not(try listOrRange(of: column))
        case "IN", "BETWEEN": return try listOrRange(of: column)
        default: break
        }
        guard columns[column].type == .boolean else {
            throw lexer.error(
                "After \(columns[column].name) comes a comparison, IN, BETWEEN or IS NULL, not \(lexer.found).")
        }
        return .compare(column, .equal, .word(1))
    }

    private mutating func listOrRange(of column: Int) throws(ConditionError) -> ConditionNode {
        if try skip("BETWEEN") {
            var start = lexer.start
            let low = try literal()
            guard try skip("AND") else { throw lexer.error("BETWEEN needs AND between its two values.") }
            let first = try comparing(column, .greaterOrEqual, low, at: start)
            start = lexer.start
            return .all([first, try comparing(column, .lessOrEqual, try literal(), at: start)])
        }
        guard try skip("IN") else { throw lexer.error("After NOT comes IN or BETWEEN here.") }
        guard lexer.token == .openParenthesis else {
            throw lexer.error("IN needs a list in parentheses, such as ('4G', '5G').")
        }
        var nodes: [ConditionNode] = []
        repeat {
            try lexer.advance()
            let start = lexer.start
            nodes.append(try comparing(column, .equal, try literal(), at: start))
        } while lexer.token == .comma
        guard lexer.token == .closeParenthesis else {
            throw lexer.error("A comma or a closing parenthesis is missing before \(lexer.found).")
        }
        try lexer.advance()
        return .any(nodes)
    }

    /// Takes the keyword if it is there.
    private mutating func skip(_ keyword: String) throws(ConditionError) -> Bool {
        guard lexer.token.keyword == keyword else { return false }
        try lexer.advance()
        return true
    }

    private mutating func column() throws(ConditionError) -> Int {
        guard case .name(let name, _) = lexer.token, lexer.token.keyword == nil else {
            throw lexer.error("A column's name is missing before \(lexer.found).")
        }
        let exact = columns.firstIndex { $0.name == name }
        guard let index = exact ?? columns.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw lexer.error(
                "There is no column \(name); there are \(columns.map(\.name).joined(separator: ", ")).")
        }
        try lexer.advance()
        return index
    }

    private mutating func literal() throws(ConditionError) -> ConditionLiteral {
        let value: ConditionLiteral
        switch lexer.token {
        case .number(let number): value = .number(number)
        case .text(let text): value = .text(text)
        case .name(_, isQuoted: false) where lexer.token.keyword == "TRUE": value = .boolean(true)
        case .name(_, isQuoted: false) where lexer.token.keyword == "FALSE": value = .boolean(false)
        case .name(_, isQuoted: false) where lexer.token.keyword == "NULL":
            throw lexer.error("Nothing is equal to NULL: write IS NULL or IS NOT NULL.")
        case .name(let name, _):
            throw lexer.error(
                "A value is missing before \(name): put texts between apostrophes, such as '5G'. Two columns cannot be "
                    + "compared with each other.")
        default: throw lexer.error("A value is missing before \(lexer.found).")
        }
        try lexer.advance()
        return value
    }

    private func comparing(
        _ column: Int, _ comparison: Comparison, _ value: ConditionLiteral, at start: Int
    ) throws(ConditionError) -> ConditionNode {
        do throws(LiteralError) {
            return try value.compared(with: columns[column], comparison, column: column)
        } catch {
            throw lexer.error(error.sentence, at: start)
        }
    }
}
