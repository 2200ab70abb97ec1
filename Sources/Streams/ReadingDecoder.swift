import JSONDocument
import JSONSchema
import Telemetry

/// Turns the documents of one stream into rows; it owns what is reused from reading to reading.
struct ReadingDecoder: ~Copyable {
    /// The time of the last reading that was good.
    private(set) var time = EventTime(microsecondsSinceEpoch: 0)
    /// Why the last reading that was not good was refused.
    private(set) var refusal = Refusal(.empty, sentence: "")

    private var scanner: RecordScanner
    private var values: [ScannedValue]
    /// How many readings in a row the scanner has not taken.
    private var scanMissCount = 0
    private var validator: RecordValidator
    /// The index of each field's value in the document; 0 where there is none.
    private var slots: [UInt32]
    private var text: [UInt8] = []
    private let rules: [CellRule]
    private let plan: StreamPlan
    private let timeField: Int
    /// The column of the ingest time; behind it come lane and journal offset.
    let traceColumn: Int
    private let futureLimit: Int64
    private let pastLimit: Int64

    init(_ plan: StreamPlan) {
        scanner = RecordScanner(plan.schema)
        values = [ScannedValue](repeating: .nothing, count: plan.fields.count)
        validator = RecordValidator(plan.schema)
        slots = [UInt32](repeating: 0, count: plan.fields.count)
        rules = plan.fields.map(\.rule)
        timeField = plan.timeColumn
        traceColumn = plan.ingestTimeColumn
        futureLimit = plan.futureLimit
        pastLimit = plan.pastLimit
        self.plan = plan
    }

    // MARK: Plain readings

    /// A stream whose readings are not plain is seldom looked at once more.
    private static let missesBeforePause = 16
    private static let pause = 64

    /// Writes a plain reading as the pending row, straight from its text, which begins `buffer`; returns false when a
    /// document has to decide.
    mutating func scan(
        _ buffer: RawSpan, byteCount: Int, arrival: EventTime, into columns: inout ColumnBatch
    ) -> Bool {
        if scanMissCount >= Self.missesBeforePause, scanMissCount % Self.pause != 0 {
            scanMissCount += 1
            return false
        }
        guard let count = Self.scan(buffer, byteCount, with: &scanner, into: &values),
            let time = Self.write(buffer, values, count, rules, timeField, into: &columns)
        else {
            scanMissCount += 1
            return false
        }
        let delay = arrival.microsecondsSinceEpoch - time
        guard delay <= pastLimit, delay >= -futureLimit else { return false }
        scanMissCount = 0
        self.time = EventTime(microsecondsSinceEpoch: time)
        return true
    }

    /// Apart, because a span of `values` would otherwise hold all of `self`.
    private static func scan(
        _ buffer: RawSpan, _ byteCount: Int, with scanner: inout RecordScanner, into values: inout [ScannedValue]
    ) -> Int? {
        var span = values.mutableSpan
        return scanner.scan(buffer, 0..<byteCount, into: &span)
    }

    /// Writes the values into a new row; returns the reading's time, or nil when a document has to decide.
    private static func write(
        _ buffer: RawSpan, _ values: borrowing [ScannedValue], _ count: Int, _ rules: borrowing [CellRule],
        _ timeField: Int, into columns: inout ColumnBatch
    ) -> Int64? {
        let values = values.span
        let rules = rules.span
        var time: Int64?
        columns.beginRow()
        for index in 0..<count {
            let value = values[index]
            guard rules[Int(value.slot)].write(value, of: buffer, into: &columns) else { return nil }
            if Int(value.slot) == timeField { time = value.word }
        }
        return time
    }

    // MARK: Readings as documents

    /// Writes the reading that is the whole document as the pending row; returns false, and leaves a `refusal`, when it
    /// is not good.
    ///
    /// `place` makes the JSON pointer of the reading in its message.
    mutating func decode(
        _ document: JSONDocument, arrival: EventTime, into columns: inout ColumnBatch, place: @autoclosure () -> String
    ) -> Bool {
        let outcome = Self.validate(document, with: &validator, into: &slots)
        guard outcome.isValid else { return refuse(Refusal(validator.violation(in: document), in: place())) }
        guard slots[timeField] != 0,
            let microseconds = RFC3339.microseconds(document.stringBytes(at: Int(slots[timeField])))
        else { return refuse(missingTime(in: place())) }
        time = EventTime(microsecondsSinceEpoch: microseconds)
        let delay = arrival.microsecondsSinceEpoch - microseconds
        guard delay <= pastLimit, delay >= -futureLimit else {
            return refuse(wrongClock(time, arrival: arrival, in: place()))
        }
        columns.beginRow()
        columns.setWord(microseconds, column: timeField)
        // Written already: without this the text would be read a second time.
        slots[timeField] = 0
        if let (field, failure) = Self.write(document, slots, rules, into: &columns, text: &text) {
            return refuse(refusal(failure, field, in: place()))
        }
        if outcome.extraMemberCount > 0 {
            text.removeAll(keepingCapacity: true)
            validator.writeExtra(of: document, into: &text)
            // Safe: every byte of the array is initialized.
            unsafe columns.setBytes(text.span.bytes, column: rules.count)
        }
        return true
    }

    /// Writes the fields that are there; returns the first that could not be written, and why.
    private static func write(
        _ document: JSONDocument, _ slots: borrowing [UInt32], _ rules: borrowing [CellRule],
        into columns: inout ColumnBatch, text: inout [UInt8]
    ) -> (field: Int, failure: CellRule.Failure)? {
        let slots = slots.span
        let rules = rules.span
        for field in rules.indices where slots[field] != 0 {
            let failure = rules[field].write(
                Int(slots[field]), of: document, into: &columns, column: field, text: &text)
            if let failure { return (field, failure) }
        }
        return nil
    }

    /// Apart, because a span of `slots` would otherwise hold all of `self`.
    private static func validate(
        _ document: JSONDocument, with validator: inout RecordValidator, into slots: inout [UInt32]
    ) -> RecordOutcome {
        var span = slots.mutableSpan
        return validator.validate(document, slots: &span)
    }

    // MARK: Refusals

    @inline(never)
    private mutating func refuse(_ refusal: Refusal) -> Bool {
        self.refusal = refusal
        return false
    }

    private func pointer(_ field: Int, in place: String) -> String {
        place + JSONPointer([plan.fields[field].name]).description
    }

    private func missingTime(in place: String) -> Refusal {
        let pointer = pointer(timeField, in: place)
        return Refusal(.clockMissing, pointer: pointer, sentence: "the reading has no time at \(pointer)")
    }

    private func wrongClock(_ time: EventTime, arrival: EventTime, in place: String) -> Refusal {
        let isAhead = time > arrival
        let limit = isAhead ? futureLimit : pastLimit
        return Refusal(
            isAhead ? .clockFuture : .clockPast, pointer: pointer(timeField, in: place),
            sentence: "the reading's time \(time) is more than \(seconds(limit)) "
                + "\(isAhead ? "ahead of" : "before") its arrival at \(arrival)")
    }

    private func refusal(_ failure: CellRule.Failure, _ field: Int, in place: String) -> Refusal {
        let pointer = pointer(field, in: place)
        let sentence =
            switch failure {
            case .tooLarge: "\(pointer) has more digits than its column holds"
            case .format: "\(pointer) is not written as its format asks"
            case .type: "\(pointer) has a type that its column does not hold"
            }
        return Refusal(failure.reason, pointer: pointer, sentence: sentence)
    }

    private func seconds(_ microseconds: Int64) -> String { "\(microseconds / 1_000_000) s" }
}
