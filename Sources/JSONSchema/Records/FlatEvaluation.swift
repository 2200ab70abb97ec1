import JSONDocument

/// The order in which the members of the last record came: a record's names are compared with those expected first.
struct MemberOrder {
    /// For each name, and in the last place for the beginning, the name that came next.
    private var successors: [UInt8]

    init(nameCount: Int) {
        successors = (0...nameCount).map { UInt8(($0 + 1) % (nameCount + 1)) }
        successors[nameCount] = 0
    }

    @inline(__always)
    func successor(of name: Int) -> Int { Int(successors[name]) }

    mutating func note(_ name: Int, after previous: Int) {
        successors[previous] = UInt8(name)
    }
}

extension FlatProgram {
    /// Checks a record in one pass over its members and notes the values of the fields.
    ///
    /// - Returns: the number of extra members; nil when the record is not valid.
    func evaluate(
        _ document: JSONDocument, _ program: SchemaProgram, _ state: inout EvaluationState,
        order: inout MemberOrder, slots: inout MutableSpan<UInt32>
    ) -> Int? {
        let root = document.root
        guard document.tag(at: root) == JSONKind.object.rawValue else { return nil }
        let end = document.end(of: root) &- 1
        let strings = document.stringStorage
        let fieldSpan = fields.span
        var index = root &+ 1
        var seen: UInt64 = 0
        var absent: UInt64 = 0
        var extraCount = 0
        var unknownCount = 0
        var hasContainers = false
        var previous = fieldSpan.count
        while index < end {
            let offset = document.stringOffset(at: index)
            let byteCount = document.stringByteCount(at: offset)
            let value = index &+ 1
            var name = order.successor(of: previous)
            if name >= fieldSpan.count || !names.matches(name, strings, offset: offset, byteCount: byteCount) {
                guard let found = names.index(strings, offset: offset, byteCount: byteCount) else {
                    guard additional < 0 || program.evaluate(additional, at: value, of: document, &state) else {
                        return nil
                    }
                    unknownCount &+= 1
                    hasContainers = hasContainers || document.isContainer(at: value)
                    index = document.index(after: value)
                    continue
                }
                name = found
                order.note(name, after: previous)
            }
            previous = name
            let bit: UInt64 = 1 &<< UInt64(name)
            guard seen & bit == 0 else { return nil }
            seen |= bit
            let verdict = check(fieldSpan, name, at: value, of: document, program, &state)
            switch verdict {
            case .refused: return nil
            case .absent: absent |= bit
            case .container:
                hasContainers = true
                store(fieldSpan[name].slot, value, &slots)
            case .present: store(fieldSpan[name].slot, value, &slots)
            case .null: break
            }
            if !fieldSpan[name].isField { extraCount &+= 1 }
            index = document.index(after: value)
        }
        let present = seen & ~absent
        guard present & required == required else { return nil }
        for (trigger, wanted) in dependents where present & trigger != 0 && present & wanted != wanted { return nil }
        let count = present.nonzeroBitCount &+ unknownCount
        guard count >= minimumCount, count <= maximumCount else { return nil }
        if hasContainers || unknownCount > 1, document.firstDuplicateName(in: root) != nil { return nil }
        return extraCount &+ unknownCount
    }

    private enum Verdict {
        case present
        case container
        case null
        case absent
        case refused
    }

    @inline(__always)
    private func store(_ slot: Int, _ value: Int, _ slots: inout MutableSpan<UInt32>) {
        if slot >= 0 { slots[slot] = UInt32(truncatingIfNeeded: value) }
    }

    @inline(__always)
    private func check(
        _ fields: borrowing Span<FlatField>, _ name: Int, at value: Int, of document: JSONDocument,
        _ program: SchemaProgram, _ state: inout EvaluationState
    ) -> Verdict {
        let tag = document.tag(at: value)
        switch tag {
        case JSONKind.double.rawValue:
            let number = document.double(at: value)
            let start = fields[name].sentinelStart
            for position in start..<fields[name].sentinelEnd where sentinels[position].double == number {
                return .absent
            }
            if fields[name].isGeneral { break }
            return fields[name].accepts(number) ? .present : .refused
        case JSONKind.integer.rawValue:
            let number = document.int64(at: value)
            let start = fields[name].sentinelStart
            for position in start..<fields[name].sentinelEnd
            where sentinels[position].integer == number && sentinels[position].hasInteger { return .absent }
            if fields[name].isGeneral { break }
            return fields[name].accepts(number) ? .present : .refused
        case JSONKind.string.rawValue:
            if hasSentinelStrings, sentinelStrings[name]?.index(of: value, in: document) != nil { return .absent }
            if fields[name].isGeneral { break }
            return accepts(fields[name], stringAt: value, of: document, program) ? .present : .refused
        case JSONKind.null.rawValue:
            if fields[name].isGeneral { break }
            return fields[name].types.contains(.null) ? .null : .refused
        case JSONKind.true.rawValue, JSONKind.false.rawValue:
            if fields[name].isGeneral { break }
            return fields[name].types.contains(.boolean) ? .present : .refused
        case JSONKind.unsigned.rawValue:
            let number = JSONNumber.unsigned(document.uint64(at: value))
            let start = fields[name].sentinelStart
            for position in start..<fields[name].sentinelEnd where sentinels[position].number == number {
                return .absent
            }
        default: break
        }
        return checkGeneral(fields[name].node, at: value, of: document, program, &state)
    }

    private func checkGeneral(
        _ node: Int, at value: Int, of document: JSONDocument, _ program: SchemaProgram,
        _ state: inout EvaluationState
    ) -> Verdict {
        guard node < 0 || program.evaluate(node, at: value, of: document, &state) else { return .refused }
        if document.isContainer(at: value) { return .container }
        return document.isNull(at: value) ? .null : .present
    }

    @inline(__always)
    private func accepts(
        _ field: FlatField, stringAt value: Int, of document: JSONDocument, _ program: SchemaProgram
    ) -> Bool {
        guard field.types.contains(.string) else { return false }
        let offset = document.stringOffset(at: value)
        let byteCount = document.stringByteCount(at: offset)
        let strings = document.stringStorage
        // A string has at most as many characters as bytes and at least a quarter of them.
        if byteCount > field.maximumLength || byteCount < field.minimumLength &* 4 {
            let isWithin = isLength(of: strings, offset..<(offset &+ byteCount), field)
            guard isWithin else { return false }
        }
        if field.strings >= 0 {
            return stringTables[field.strings].index(strings, offset: offset, byteCount: byteCount) != nil
                && (field.pattern < 0 && field.format == nil || acceptsRest(field, offset, byteCount, strings, program))
        }
        if field.pattern < 0, field.format == nil { return true }
        return acceptsRest(field, offset, byteCount, strings, program)
    }

    private func isLength(of strings: RawSpan, _ range: Range<Int>, _ field: FlatField) -> Bool {
        let count = strings.extracting(range).codePointCount
        return count >= field.minimumLength && count <= field.maximumLength
    }

    private func acceptsRest(
        _ field: FlatField, _ offset: Int, _ byteCount: Int, _ strings: RawSpan, _ program: SchemaProgram
    ) -> Bool {
        let range = offset..<(offset &+ byteCount)
        if field.pattern >= 0, !program.tables.patterns[field.pattern].matches(strings, range) { return false }
        return field.format?.accepts(strings.extracting(range)) ?? true
    }
}

extension JSONDocument {
    /// Whether the value at `index` is an array or object.
    func isContainer(at index: Int) -> Bool {
        let tag = tag(at: index)
        return tag == JSONKind.object.rawValue || tag == JSONKind.array.rawValue
    }
}
