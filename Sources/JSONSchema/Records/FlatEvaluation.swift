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

/// What a pass over a record's members has found so far.
struct FlatProgress {
    /// One bit for each name that has been there.
    var seen: UInt64 = 0
    /// Those of them whose value means "no value".
    var absent: UInt64 = 0
    /// Members that are no fields.
    var extraCount = 0
    /// Members whose names the program does not have.
    var unknownCount = 0
    /// Whether there are arrays or objects, which may have duplicate names inside.
    var hasContainers = false
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
        let fields = fields.span
        let entries = names.entries.span
        var progress = FlatProgress()
        var index = root &+ 1
        var previous = fields.count
        while index < end {
            let offset = document.stringOffset(at: index)
            let byteCount = document.stringByteCount(at: offset)
            let value = index &+ 1
            var name = order.successor(of: previous)
            if name >= entries.count
                || !names.matches(entries[name], strings, offset: offset, byteCount: byteCount)
            {
                guard let found = names.index(strings, offset: offset, byteCount: byteCount) else {
                    guard acceptsUnknown(value, of: document, program, &state, &progress) else { return nil }
                    index = document.index(after: value)
                    continue
                }
                name = found
                order.note(name, after: previous)
            }
            previous = name
            let bit: UInt64 = 1 &<< UInt64(name)
            guard progress.seen & bit == 0 else { return nil }
            progress.seen |= bit
            if !fields[name].isField { progress.extraCount &+= 1 }

            switch document.tag(at: value) {
            case JSONKind.double.rawValue where !fields[name].isGeneral:
                let number = document.double(at: value)
                if isAbsent(fields[name], number) {
                    progress.absent |= bit
                } else {
                    guard fields[name].accepts(number) else { return nil }
                    store(value, in: fields[name].slot, &slots)
                }
                index = value &+ 2
            case JSONKind.integer.rawValue where !fields[name].isGeneral:
                let number = document.int64(at: value)
                if isAbsent(fields[name], number) {
                    progress.absent |= bit
                } else {
                    guard fields[name].accepts(number) else { return nil }
                    store(value, in: fields[name].slot, &slots)
                }
                index = value &+ 2
            case JSONKind.string.rawValue where !fields[name].isGeneral:
                if hasSentinelStrings, isAbsentString(name, value, document) {
                    progress.absent |= bit
                } else {
                    guard accepts(fields[name], stringAt: value, of: document) else { return nil }
                    store(value, in: fields[name].slot, &slots)
                }
                index = value &+ 1
            case JSONKind.null.rawValue where !fields[name].isGeneral:
                guard fields[name].types.contains(.null) else { return nil }
                index = value &+ 1
            default:
                guard checkRarely(fields[name], name, value, document, program, &state, &progress, &slots) else {
                    return nil
                }
                index = document.index(after: value)
            }
        }
        guard isComplete(progress), !hasDuplicates(progress, document) else { return nil }
        return progress.extraCount &+ progress.unknownCount
    }

    /// Whether the members that are there are as many as and those that the record must have, each once.
    func isComplete(_ progress: FlatProgress) -> Bool {
        let present = progress.seen & ~progress.absent
        guard present & required == required else { return false }
        for position in dependents.indices
        where present & dependents[position].trigger != 0
            && present & dependents[position].names != dependents[position].names
        {
            return false
        }
        let count = present.nonzeroBitCount &+ progress.unknownCount
        return count >= minimumCount && count <= maximumCount
    }

    /// Whether there is a name that stands twice in the record or inside of it; of known names the pass has seen it.
    private func hasDuplicates(_ progress: FlatProgress, _ document: JSONDocument) -> Bool {
        guard progress.hasContainers || progress.unknownCount > 1 else { return false }
        return document.firstDuplicateName(in: document.root) != nil
    }

    private func acceptsUnknown(
        _ value: Int, of document: JSONDocument, _ program: SchemaProgram, _ state: inout EvaluationState,
        _ progress: inout FlatProgress
    ) -> Bool {
        progress.unknownCount += 1
        if document.isContainer(at: value) { progress.hasContainers = true }
        return additional < 0 || program.evaluate(additional, at: value, of: document, &state)
    }

    @inline(__always)
    private func store(_ value: Int, in slot: Int, _ slots: inout MutableSpan<UInt32>) {
        if slot >= 0 { slots[slot] = UInt32(truncatingIfNeeded: value) }
    }

    @inline(__always)
    func isAbsent(_ field: FlatField, _ number: Double) -> Bool {
        var position = field.sentinelStart
        while position < field.sentinelEnd {
            if sentinels[position].double == number { return true }
            position &+= 1
        }
        return false
    }

    @inline(__always)
    func isAbsent(_ field: FlatField, _ number: Int64) -> Bool {
        var position = field.sentinelStart
        while position < field.sentinelEnd {
            if sentinels[position].integer == number, sentinels[position].hasInteger { return true }
            position &+= 1
        }
        return false
    }

    private func isAbsentString(_ name: Int, _ value: Int, _ document: JSONDocument) -> Bool {
        sentinelStrings[name]?.index(of: value, in: document) != nil
    }

    /// The values that scalars of telemetry seldom are, and the members that only the general program can check.
    private func checkRarely(
        _ field: FlatField, _ name: Int, _ value: Int, _ document: JSONDocument, _ program: SchemaProgram,
        _ state: inout EvaluationState, _ progress: inout FlatProgress, _ slots: inout MutableSpan<UInt32>
    ) -> Bool {
        if let number = JSONNumber(document, at: value) {
            for position in field.sentinelStart..<field.sentinelEnd where sentinels[position].number == number {
                progress.absent |= 1 &<< UInt64(name)
                return true
            }
        } else if document.tag(at: value) == JSONKind.string.rawValue, isAbsentString(name, value, document) {
            progress.absent |= 1 &<< UInt64(name)
            return true
        }
        guard field.node < 0 || program.evaluate(field.node, at: value, of: document, &state) else { return false }
        if document.isContainer(at: value) { progress.hasContainers = true }
        if !document.isNull(at: value) { store(value, in: field.slot, &slots) }
        return true
    }

    @inline(__always)
    private func accepts(_ field: FlatField, stringAt value: Int, of document: JSONDocument) -> Bool {
        guard field.types.contains(.string) else { return false }
        let offset = document.stringOffset(at: value)
        let byteCount = document.stringByteCount(at: offset)
        // A string has at most as many characters as bytes and at least a quarter of them.
        if byteCount > field.maximumLength || byteCount < field.minimumLength &* 4 {
            let count = document.stringStorage.extracting(offset..<(offset &+ byteCount)).codePointCount
            guard count >= field.minimumLength, count <= field.maximumLength else { return false }
        }
        guard field.restrictsContent else { return true }
        return acceptsContent(field, offset, byteCount, document.stringStorage)
    }

    func acceptsContent(
        _ field: FlatField, _ offset: Int, _ byteCount: Int, _ strings: RawSpan
    ) -> Bool {
        if field.strings >= 0 {
            // Spans, since elements of an array of such tables would be copied and counted.
            let tables = stringTables.span
            guard tables[field.strings].index(strings, offset: offset, byteCount: byteCount) != nil else {
                return false
            }
        }
        let range = offset..<(offset &+ byteCount)
        if field.pattern >= 0 {
            let patterns = patterns.span
            guard patterns[field.pattern].matches(strings, range) else { return false }
        }
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
