import JSONDocument
import JSONSchema
import Telemetry

/// Turns documents into rows by one version of a stream's schema; it owns what is reused from reading to reading.
struct VersionDecoder: ~Copyable {
    let version: SchemaVersion
    /// The field in which a reading tells its version, or -1.
    let versionSlot: Int

    private var scanner: RecordScanner
    private var values: [ScannedValue]
    /// How many readings in a row the scanner has not taken.
    private var scanMissCount = 0
    private var validator: RecordValidator
    /// The index of each field's value in the document; 0 where there is none.
    private var slots: [UInt32]
    private var text: [UInt8] = []
    /// How many members of the reading that was validated last are no fields.
    private var extraMemberCount = 0
    private let cells: [StreamPlan.Cell]
    private let names: [String]
    private let timeSlot: Int
    private let extraColumn: Int
    private let futureLimit: Int64
    private let pastLimit: Int64

    init(_ version: StreamPlan.Version, of plan: StreamPlan) {
        self.version = version.version
        versionSlot = version.versionSlot ?? -1
        scanner = RecordScanner(version.schema)
        values = [ScannedValue](repeating: .nothing, count: version.cells.count)
        validator = RecordValidator(version.schema)
        slots = [UInt32](repeating: 0, count: version.cells.count)
        cells = version.cells
        names = version.schema.fields.map { $0.tokens[0] }
        timeSlot = version.timeSlot
        extraColumn = plan.extraColumn
        futureLimit = plan.futureLimit
        pastLimit = plan.pastLimit
    }

    // MARK: Plain readings

    /// A stream whose readings are not plain is seldom looked at once more.
    private static let missesBeforePause = 16
    private static let pause = 64

    /// Writes a plain reading as the pending row, straight from the bytes `range` of `buffer`.
    ///
    /// - Returns: the reading's time; nil when a document has to decide.
    mutating func scan(
        _ buffer: RawSpan, _ range: Range<Int>, arrival: EventTime, into columns: inout ColumnBatch
    ) -> EventTime? {
        if scanMissCount >= Self.missesBeforePause, scanMissCount % Self.pause != 0 {
            scanMissCount += 1
            return nil
        }
        guard let count = Self.scan(buffer, range, with: &scanner, into: &values),
            versionSlot < 0 || Self.tellsNoOther(values, count, versionSlot, version, buffer),
            let time = Self.write(buffer, values, count, cells, timeSlot, into: &columns)
        else {
            scanMissCount += 1
            return nil
        }
        let delay = arrival.microsecondsSinceEpoch - time
        guard delay <= pastLimit, delay >= -futureLimit else { return nil }
        scanMissCount = 0
        return EventTime(microsecondsSinceEpoch: time)
    }

    /// Apart, because a span of `values` would otherwise hold all of `self`.
    private static func scan(
        _ buffer: RawSpan, _ range: Range<Int>, with scanner: inout RecordScanner, into values: inout [ScannedValue]
    ) -> Int? {
        var span = values.mutableSpan
        return scanner.scan(buffer, range, into: &span)
    }

    /// Writes the values into a new row; returns the reading's time, or nil when a document has to decide.
    private static func write(
        _ buffer: RawSpan, _ values: borrowing [ScannedValue], _ count: Int, _ cells: borrowing [StreamPlan.Cell],
        _ timeSlot: Int, into columns: inout ColumnBatch
    ) -> Int64? {
        let values = values.span
        let cells = cells.span
        var time: Int64?
        columns.beginRow()
        for index in 0..<count {
            let value = values[index]
            let slot = Int(value.slot)
            guard cells[slot].rule.write(value, of: buffer, into: &columns, column: cells[slot].column) else {
                return nil
            }
            if slot == timeSlot { time = value.word }
        }
        return time
    }

    /// Whether the reading tells this version or none.
    private static func tellsNoOther(
        _ values: borrowing [ScannedValue], _ count: Int, _ slot: Int, _ version: SchemaVersion, _ buffer: RawSpan
    ) -> Bool {
        for index in 0..<count where Int(values[index].slot) == slot {
            let value = values[index]
            guard case .string = value.kind else { return false }
            let start = Int(value.word)
            return SchemaVersion(buffer.extracting(start..<(start + Int(value.byteCount)))) == version
        }
        return true
    }

    // MARK: Readings as documents

    /// Whether the document is valid; `decode` and `violation` then go on from there.
    mutating func validate(_ document: JSONDocument) -> Bool {
        let outcome = Self.validate(document, with: &validator, into: &slots)
        extraMemberCount = outcome.extraMemberCount
        return outcome.isValid
    }

    /// Apart, because a span of `slots` would otherwise hold all of `self`.
    private static func validate(
        _ document: JSONDocument, with validator: inout RecordValidator, into slots: inout [UInt32]
    ) -> RecordOutcome {
        var span = slots.mutableSpan
        return validator.validate(document, slots: &span)
    }

    /// Why the document, which `validate` has just found not to be valid, is refused.
    mutating func violation(in document: JSONDocument, at place: String) -> Refusal {
        Refusal(validator.violation(in: document), in: place)
    }

    /// Writes the reading, which `validate` has just found valid, as the pending row.
    mutating func decode(
        _ document: JSONDocument, arrival: EventTime, into columns: inout ColumnBatch, place: () -> String
    ) -> Result<EventTime, Refused> {
        guard slots[timeSlot] != 0,
            let microseconds = RFC3339.microseconds(document.stringBytes(at: Int(slots[timeSlot])))
        else { return .failure(Refused(missingTime(in: place()))) }
        let time = EventTime(microsecondsSinceEpoch: microseconds)
        let delay = arrival.microsecondsSinceEpoch - microseconds
        guard delay <= pastLimit, delay >= -futureLimit else {
            return .failure(Refused(wrongClock(time, arrival: arrival, in: place())))
        }
        columns.beginRow()
        columns.setWord(microseconds, column: cells[timeSlot].column)
        // Written already: without this the text would be read a second time.
        slots[timeSlot] = 0
        if let (slot, failure) = Self.write(document, slots, cells, into: &columns, text: &text) {
            return .failure(Refused(refusal(failure, slot, in: place())))
        }
        if extraMemberCount > 0 {
            text.removeAll(keepingCapacity: true)
            validator.writeExtra(of: document, into: &text)
            // Safe: every byte of the array is initialized.
            unsafe columns.setBytes(text.span.bytes, column: extraColumn)
        }
        return .success(time)
    }

    /// Writes the fields that are there; returns the first that could not be written, and why.
    private static func write(
        _ document: JSONDocument, _ slots: borrowing [UInt32], _ cells: borrowing [StreamPlan.Cell],
        into columns: inout ColumnBatch, text: inout [UInt8]
    ) -> (slot: Int, failure: CellRule.Failure)? {
        let slots = slots.span
        let cells = cells.span
        for slot in cells.indices where slots[slot] != 0 {
            let failure = cells[slot].rule.write(
                Int(slots[slot]), of: document, into: &columns, column: cells[slot].column, text: &text)
            if let failure { return (slot, failure) }
        }
        return nil
    }

    // MARK: Refusals

    private func pointer(_ slot: Int, in place: String) -> String {
        place + JSONPointer([names[slot]]).description
    }

    private func missingTime(in place: String) -> Refusal {
        let pointer = pointer(timeSlot, in: place)
        return Refusal(.clockMissing, pointer: pointer, sentence: "the reading has no time at \(pointer)")
    }

    private func wrongClock(_ time: EventTime, arrival: EventTime, in place: String) -> Refusal {
        let isAhead = time > arrival
        let limit = isAhead ? futureLimit : pastLimit
        return Refusal(
            isAhead ? .clockFuture : .clockPast, pointer: pointer(timeSlot, in: place),
            sentence: "the reading's time \(time) is more than \(limit / 1_000_000) s "
                + "\(isAhead ? "ahead of" : "before") its arrival at \(arrival)")
    }

    private func refusal(_ failure: CellRule.Failure, _ slot: Int, in place: String) -> Refusal {
        let pointer = pointer(slot, in: place)
        let sentence =
            switch failure {
            case .tooLarge: "\(pointer) has more digits than its column holds"
            case .format: "\(pointer) is not written as its format asks"
            case .type: "\(pointer) has a type that its column does not hold"
            }
        return Refusal(failure.reason, pointer: pointer, sentence: sentence)
    }
}

/// A refusal as the error of a result.
struct Refused: Error {
    let refusal: Refusal

    @inline(never)
    init(_ refusal: Refusal) {
        self.refusal = refusal
    }
}
