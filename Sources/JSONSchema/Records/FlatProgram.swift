import JSONDocument

/// A schema for an object of scalars as one table of checks: what nearly all telemetry is.
///
/// Which members are there is a bit mask, so required members, duplicates and dependencies cost an instruction each.
struct FlatProgram: Sendable {
    /// One bit for each member name.
    static let maximumNameCount = 64
    /// A member whose schema is made of more parts is left to the general program, which has a budget: parts that refer
    /// twice to parts that refer twice would never end here.
    private static let maximumPartCount = 64

    let names: NameTable
    private(set) var fields: [FlatField] = []
    private(set) var stringTables: [NameTable] = []
    private(set) var patterns: [Pattern] = []
    private(set) var sentinels: [Sentinel] = []
    /// The strings among the absent values of each name; nil for most.
    private(set) var sentinelStrings: [NameTable?] = []
    private(set) var hasSentinelStrings = false
    private(set) var required: UInt64 = 0
    /// When a member of `trigger` is there, all of `names` must be.
    private(set) var dependents: [(trigger: UInt64, names: UInt64)] = []
    private(set) var minimumCount = 0
    private(set) var maximumCount = Int.max
    /// The node for members without a name here, or -1 for "anything".
    private(set) var additional = -1

    /// A program without members.
    init() {
        names = NameTable([])
    }

    /// Nil when the schema, or what is asked of it, is more than a flat object.
    init?(_ program: SchemaProgram, fields pointers: [JSONPointer], absent: [JSONPointer: [JSONTree]]) {
        // Dynamic references need to know how a value was reached.
        guard !program.usesDynamicScope else { return nil }
        guard absent.keys.allSatisfy({ $0.tokens.count == 1 }), pointers.allSatisfy({ !$0.tokens.isEmpty }) else {
            return nil
        }
        guard let steps = Self.objectSteps(of: program) else { return nil }
        var names: [String] = []
        func note(_ name: String) {
            if !names.contains(name) { names.append(name) }
        }
        for case .members(let table) in steps { program.tables.members[table].names.allNames.forEach(note) }
        for check in steps {
            guard case .required(let table) = check.asRequired else { continue }
            for rule in program.tables.required[table] {
                rule.names.forEach(note)
                if let trigger = rule.trigger { note(trigger) }
            }
        }
        for pointer in pointers { note(pointer.tokens[0]) }
        for pointer in absent.keys { note(pointer.tokens[0]) }
        guard names.count <= Self.maximumNameCount else { return nil }
        self.names = NameTable(names)
        readObject(steps, names, program)
        for (slot, pointer) in pointers.enumerated() {
            guard let position = names.firstIndex(of: pointer.tokens[0]) else { continue }
            fields[position].isField = true
            if pointer.tokens.count == 1 { fields[position].slot = slot }
        }
        readSentinels(absent, names)
    }

    /// The checks of the root when they are all of a kind that this program has.
    private static func objectSteps(of program: SchemaProgram) -> [SchemaCheck]? {
        let checks = program.steps[program.nodes[program.root].steps].map(\.check)
        var isObject = false
        var memberTableCount = 0
        for check in checks {
            switch check {
            case .types(let types):
                guard types == .object else { return nil }
                isObject = true
            case .members(let table):
                memberTableCount += 1
                guard program.tables.members[table].patterns.isEmpty else { return nil }
            case .required, .dependentRequired, .minimumMembers, .maximumMembers: break
            default: return nil
            }
        }
        return isObject && memberTableCount <= 1 ? checks : nil
    }

    private mutating func readObject(_ checks: [SchemaCheck], _ names: [String], _ program: SchemaProgram) {
        for case .members(let table) in checks {
            let additional = program.tables.members[table].additional
            if let additional, !program.nodes[additional].steps.isEmpty { self.additional = additional }
        }
        fields = names.map { _ in
            var field = FlatField()
            field.node = additional
            field.isGeneral = additional >= 0
            return field
        }
        for case .members(let table) in checks {
            let members = program.tables.members[table]
            for (name, node) in zip(members.names.allNames, members.nodes) {
                guard let position = names.firstIndex(of: name) else { continue }
                fields[position] = field(node, program)
            }
        }
        for check in checks {
            switch check {
            case .required(let table), .dependentRequired(let table):
                for rule in program.tables.required[table] {
                    let mask = Self.mask(rule.names, names)
                    if let trigger = rule.trigger {
                        dependents.append((Self.mask([trigger], names), mask))
                    } else {
                        required |= mask
                    }
                }
            case .minimumMembers(let count): minimumCount = max(minimumCount, count)
            case .maximumMembers(let count): maximumCount = min(maximumCount, count)
            default: break
            }
        }
    }

    private static func mask(_ wanted: [String], _ names: [String]) -> UInt64 {
        var mask: UInt64 = 0
        for name in wanted {
            if let position = names.firstIndex(of: name) { mask |= 1 << UInt64(position) }
        }
        return mask
    }

    private mutating func readSentinels(_ absent: [JSONPointer: [JSONTree]], _ names: [String]) {
        for (position, name) in names.enumerated() {
            let values = absent[JSONPointer([name])] ?? []
            fields[position].sentinelStart = sentinels.count
            sentinels.append(contentsOf: values.compactMap { Sentinel($0) })
            fields[position].sentinelEnd = sentinels.count
            var strings: [String] = []
            for case .string(let string) in values where !strings.contains(string) { strings.append(string) }
            sentinelStrings.append(strings.isEmpty ? nil : NameTable(strings))
            if !strings.isEmpty { hasSentinelStrings = true }
        }
    }

    /// Merges the steps of a member's schema, through references and `allOf`, as far as a field can hold them.
    private mutating func field(_ node: Int, _ program: SchemaProgram) -> FlatField {
        var field = FlatField()
        field.node = node
        var pending = [node]
        var partCount = 0
        while let next = pending.popLast() {
            partCount += 1 + program.nodes[next].steps.count
            guard partCount <= Self.maximumPartCount else { return general(node) }
            guard !program.nodes[next].needsEvaluated else { return general(node) }
            for step in program.nodes[next].steps {
                switch program.steps[step].check {
                case .reference(let target): pending.append(target)
                case .all(let list): pending.append(contentsOf: program.tables.nodeLists[list])
                case let check:
                    guard merge(check, into: &field, program) else { return general(node) }
                }
            }
        }
        return field
    }

    private func general(_ node: Int) -> FlatField {
        var field = FlatField()
        field.node = node
        field.isGeneral = true
        return field
    }

    private mutating func merge(_ check: SchemaCheck, into field: inout FlatField, _ program: SchemaProgram) -> Bool {
        switch check {
        case .types(let types):
            field.types = field.types.intersection(allowing: types)
        case .minimum(let number, let isExclusive):
            field.raise(to: program.tables.numbers[number], isExclusive: isExclusive)
        case .maximum(let number, let isExclusive):
            field.lower(to: program.tables.numbers[number], isExclusive: isExclusive)
        case .multiple(let index):
            guard field.multiple == nil else { return false }
            field.multiple = program.tables.multiples[index]
        case .minimumLength(let count): field.minimumLength = max(field.minimumLength, count)
        case .maximumLength(let count): field.maximumLength = min(field.maximumLength, count)
        case .pattern(let index):
            guard field.pattern < 0 else { return false }
            field.pattern = patterns.count
            patterns.append(program.tables.patterns[index])
        case .format(let format):
            guard field.format == nil else { return false }
            field.format = format
        case .enumeration(let index):
            guard field.strings < 0 else { return false }
            let table = program.tables.enumerations[index]
            var types: ValueTypes = []
            for value in table.values {
                switch value {
                case .string: types.insert(.string)
                case .null: types.insert(.null)
                default: return false
                }
            }
            field.types.formIntersection(types)
            field.strings = stringTables.count
            stringTables.append(table.strings)
        default: return false
        }
        return true
    }
}

extension ValueTypes {
    /// What both allow; a number that must be an integer is an integer.
    fileprivate func intersection(allowing other: ValueTypes) -> ValueTypes {
        func expanded(_ types: ValueTypes) -> ValueTypes { types.contains(.number) ? types.union(.integer) : types }
        return expanded(self).intersection(expanded(other))
    }
}

extension SchemaCheck {
    /// The check as `.required` when it demands names, whatever for.
    fileprivate var asRequired: SchemaCheck {
        if case .dependentRequired(let table) = self { .required(table) } else { self }
    }
}
