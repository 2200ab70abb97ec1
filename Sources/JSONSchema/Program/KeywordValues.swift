import JSONDocument

/// The values of keywords, each of the kind that it must have.
extension SchemaNodeBuilder {
    func count(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaError) -> Int? {
        guard let value = tree[keyword] else { return nil }
        let count: Int? =
            switch value {
            case .integer(let value): Int(value)
            case .double(let value): Int(exactly: value)
            default: nil
            }
        guard let count, count >= 0 else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be a whole number from 0")
        }
        return count
    }

    func names(
        _ value: JSONTree, at place: SchemaLocation, _ compiler: SchemaCompiler
    ) throws(SchemaError) -> [String] {
        guard case .array(let elements) = value else {
            throw compiler.error(at: place, "this must be an array of member names")
        }
        var names: [String] = []
        for element in elements {
            guard case .string(let name) = element else {
                throw compiler.error(at: place, "this must be an array of member names")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    func members(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaError) -> [JSONTree.Member]? {
        guard let value = tree[keyword] else { return nil }
        guard case .object(let members) = value else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be an object")
        }
        return members
    }

    func reference(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaError) -> String? {
        guard let value = tree[keyword] else { return nil }
        guard case .string(let text) = value else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be a URI reference")
        }
        return text
    }

    func child(_ keyword: String, _ compiler: inout SchemaCompiler) throws(SchemaError) -> Int? {
        guard tree[keyword] != nil else { return nil }
        return try compiler.node(at: location.appending(keyword))
    }

    func children(_ keyword: String, _ compiler: inout SchemaCompiler) throws(SchemaError) -> [Int]? {
        guard let value = tree[keyword] else { return nil }
        guard case .array(let elements) = value, !elements.isEmpty || dialect.draft == .draft7 else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be an array with a schema in it")
        }
        var nodes: [Int] = []
        for position in elements.indices {
            nodes.append(try compiler.node(at: location.appending(keyword, String(position))))
        }
        return nodes
    }

    func pattern(
        _ text: String, at place: SchemaLocation, _ compiler: inout SchemaCompiler
    ) throws(SchemaError) -> Int {
        do throws(PatternError) {
            compiler.tables.patterns.append(try Pattern(text))
        } catch {
            throw compiler.error(at: place, "the pattern '\(text)' cannot be used: \(error.sentence)")
        }
        return compiler.tables.patterns.count - 1
    }
}
