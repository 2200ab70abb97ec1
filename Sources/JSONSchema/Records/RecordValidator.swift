public import JSONDocument

/// What a validator found out about a record.
@frozen
public struct RecordOutcome: Sendable, Equatable {
    /// Whether the record keeps the schema's rules; if not, ask for the violation.
    public let isValid: Bool
    /// The number of the record's own members that are no fields and have none inside.
    public let extraMemberCount: Int

    init(isValid: Bool, extraMemberCount: Int) {
        self.isValid = isValid
        self.extraMemberCount = extraMemberCount
    }
}

/// Checks one record after the other and finds their fields; each thread needs its own.
public struct RecordValidator: ~Copyable, Sendable {
    /// What it checks.
    public let schema: RecordSchema
    private let program: SchemaProgram
    private let isFlat: Bool
    /// Held by value, since a copy out of an optional or a class would count the references of all its tables.
    private let flat: FlatProgram
    private var state = EvaluationState()
    private var order: MemberOrder

    /// A validator for a schema.
    public init(_ schema: RecordSchema) {
        self.schema = schema
        program = schema.program
        isFlat = schema.isFlat
        flat = schema.flat ?? FlatProgram()
        order = MemberOrder(nameCount: flat.names.count)
    }

    /// Checks a record and writes the index of each field's value into its slot: 0 when it is absent or `null`.
    ///
    /// When the record is not valid the slots mean nothing. A record in which any object has a name twice is not
    /// valid.
    /// - Parameters:
    ///   - document: the record.
    ///   - slots: as many as the schema has fields.
    /// - Returns: whether it is valid, and how many members are no fields.
    public mutating func validate(_ document: JSONDocument, slots: inout MutableSpan<UInt32>) -> RecordOutcome {
        precondition(slots.count >= schema.fields.count, "there is a slot for each field")
        for slot in slots.indices { slots[slot] = 0 }
        guard isFlat else { return validateGenerally(document, &slots) }
        if !state.hidden.isEmpty { state.hidden.removeAll(keepingCapacity: true) }
        state.budget = WorkBudget(for: document.root, of: document)
        let extraCount = flat.evaluate(document, program, &state, order: &order, slots: &slots)
        // The general program takes a few steps more, never as many as the other half of the budget: only here it
        // could find the budget exceeded where this pass does not.
        guard !state.budget.isHalfSpent else {
            for slot in slots.indices { slots[slot] = 0 }
            return validateGenerally(document, &slots)
        }
        guard let count = extraCount else {
            return RecordOutcome(isValid: false, extraMemberCount: 0)
        }
        for slot in schema.nestedSlots { fill(slot, from: document, &slots) }
        return RecordOutcome(isValid: true, extraMemberCount: count)
    }

    /// The first rule that a record breaks, which ``validate(_:slots:)`` has just found not to be valid.
    public mutating func violation(in document: JSONDocument) -> SchemaViolation {
        if let name = document.firstDuplicateName(in: document.root) {
            let pointer = document.pointer(to: name)
            return SchemaViolation(
                instance: pointer, schemaLocation: "#", keyword: "", kind: .duplicate,
                sentence: "\(pointer) is the name of two members of one object")
        }
        hideSentinels(of: document)
        if program.isValid(program.root, at: document.root, of: document, &state) {
            return SchemaViolation(
                instance: JSONPointer(), schemaLocation: "#", keyword: "", kind: .combination,
                sentence: "the document is valid")
        }
        return program.violation(&state, of: document.root, in: document)
    }

    /// Appends the members that are no fields as one JSON object, for a reader that keeps what it does not know.
    public func writeExtra(of document: JSONDocument, into bytes: inout [UInt8]) {
        var writer = JSONWriter(appendingTo: bytes)
        writer.beginObject()
        var members = document.members(of: document.root)
        while let member = members.next() {
            guard schema.fieldNames.index(of: member.name, in: document) == nil else { continue }
            writer.name(utf8: document.stringBytes(at: member.name))
            writer.value(member.value, of: document)
        }
        writer.endObject()
        bytes = writer.bytes
    }

    private mutating func validateGenerally(
        _ document: JSONDocument, _ slots: inout MutableSpan<UInt32>
    ) -> RecordOutcome {
        hideSentinels(of: document)
        guard document.firstDuplicateName(in: document.root) == nil,
            program.isValid(program.root, at: document.root, of: document, &state)
        else { return RecordOutcome(isValid: false, extraMemberCount: 0) }
        for slot in schema.fields.indices { fill(slot, from: document, &slots) }
        var extraCount = 0
        var members = document.members(of: document.root)
        while let member = members.next() {
            if schema.fieldNames.index(of: member.name, in: document) == nil { extraCount += 1 }
        }
        return RecordOutcome(isValid: true, extraMemberCount: extraCount)
    }

    private mutating func hideSentinels(of document: JSONDocument) {
        state.reset(for: document.root, of: document)
        state.hidden.removeAll(keepingCapacity: true)
        for (pointer, values) in schema.absent {
            guard !pointer.tokens.isEmpty, let value = document.value(at: pointer) else { continue }
            for sentinel in values where document.equals(sentinel, at: value) {
                state.hidden.append(value)
                break
            }
        }
    }

    private func fill(_ slot: Int, from document: JSONDocument, _ slots: inout MutableSpan<UInt32>) {
        guard let value = document.value(at: schema.fields[slot]), !document.isNull(at: value),
            !state.hidden.contains(value)
        else { return }
        slots[slot] = UInt32(truncatingIfNeeded: value)
    }
}
