import JSONDocument
import Telemetry

/// Turns the rows of one CSV file into topics and JSON payloads.
struct RowEncoder {
    /// What became of a row.
    enum Outcome: Equatable {
        case message
        /// The filter leaves it out.
        case filtered
        /// Why it cannot be sent.
        case bad(String)
    }

    private struct Field {
        let mapping: FieldMapping
        let column: Int?
        /// The part of every payload that never changes: a comma, the name and a colon.
        let key: [UInt8]
    }

    /// How much later the times of the readings are made.
    var shift = Duration.zero
    private(set) var topic = ""
    private(set) var payload: [UInt8] = []
    /// The time of the reading last encoded, before the shift.
    private(set) var time: EventTime?

    private let mapping: RecordMapping
    private let header: [String]
    private let fields: [Field]
    private let filters: [(filter: RecordMapping.Filter, column: Int)]
    private let template: TopicTemplate
    private let converter: ValueConverter
    private let timeField: String
    private var texts: [String: String] = [:]

    /// - Throws: a sentence about a column that the file does not have, or a field that the topic needs.
    init(_ mapping: RecordMapping, header: [String], timeField: String, file: String) throws(CommandFailure) {
        self.header = header
        self.timeField = timeField
        var mapping = mapping
        if !mapping.fields.contains(where: { if case .constant = $0.source { false } else { true } }) {
            // Nothing mapped: every column under its own name.
            for column in header { mapping.set(FieldMapping(name: column, column: column)) }
        }
        self.mapping = mapping
        var fields: [Field] = []
        for field in mapping.fields {
            var column: Int?
            if case .column(let name) = field.source {
                column = try Self.index(of: name, in: header, for: field.name, file: file)
            }
            var writer = JSONWriter()
            writer.string(field.name)
            fields.append(Field(mapping: field, column: column, key: Array("\(writer.text):".utf8)))
        }
        self.fields = fields
        var filters: [(RecordMapping.Filter, Int)] = []
        for filter in mapping.filters {
            filters.append((filter, try Self.index(of: filter.column, in: header, for: nil, file: file)))
        }
        self.filters = filters
        guard let template = mapping.topic else {
            throw .usage("There is no topic; give one such as --topic 'telemetry/cork/coverage/{device}'.")
        }
        for name in template.fields where !mapping.fields.contains(where: { $0.name == name }) {
            let known = mapping.fields.map(\.name).joined(separator: ", ")
            throw .usage("The topic uses {\(name)}, which is not among the fields \(known).")
        }
        self.template = template
        converter = try ValueConverter(mapping)
    }

    private static func index(
        of column: String, in header: [String], for field: String?, file: String
    ) throws(CommandFailure) -> Int {
        if let index = header.firstIndex(of: column) { return index }
        if let field, header.contains(field) {
            throw .usage(
                "\(file) has no column \(column); write --map \(column)=\(field), the field before the column.")
        }
        throw .usage("\(file) has no column \(column); its columns are \(header.joined(separator: ", ")).")
    }

    /// Makes `topic` and `payload` of row `number` (from 1).
    mutating func encode(_ record: borrowing CSVRecord, number: Int) -> Outcome {
        guard record.count == header.count else {
            return .bad("it has \(record.count) fields, and the header has \(header.count)")
        }
        for (filter, column) in filters where !filter.accepts(record.text(column)) { return .filtered }
        payload.removeAll(keepingCapacity: true)
        payload.append(UInt8(ascii: "{"))
        texts.removeAll(keepingCapacity: true)
        time = nil
        for field in fields {
            let text: String
            switch field.mapping.source {
            case .constant(let value): text = value
            case .rowNumber: text = String(number)
            case .column:
                guard let column = field.column, let valid = String(validating: record.field(column), as: UTF8.self)
                else { return .bad("\(field.mapping.name) is not UTF-8 text") }
                text = valid
            }
            if let complaint = append(text, of: field) { return .bad(complaint) }
        }
        payload.append(UInt8(ascii: "}"))
        guard let topic = template.topic({ texts[$0] }) else {
            return .bad("the topic \(template.pattern) needs a field that has no value here")
        }
        self.topic = topic
        return .message
    }

    /// Adds one member, if it has a value; returns what is wrong with it otherwise.
    private mutating func append(_ raw: String, of field: Field) -> String? {
        let text = field.mapping.translations[raw] ?? raw
        if text.isEmpty { return nil }
        var isConstant = false
        if case .constant = field.mapping.source { isConstant = true }
        if !isConstant, converter.isNull(text) { return nil }
        let name = field.mapping.name
        let start = payload.count
        if payload.count > 1 { payload.append(UInt8(ascii: ",")) }
        payload.append(contentsOf: field.key)
        switch converter.append(text, as: field.mapping.type, shift: shift, to: &payload) {
        case .value: break
        case .time(let found): if name == timeField { time = found }
        case .complaint(let complaint):
            payload.removeSubrange(start...)
            return "\(name) is \(Self.quoted(text)), \(complaint)"
        }
        if template.fields.contains(name) { texts[name] = text }
        return nil
    }

    private static func quoted(_ text: String) -> String {
        text.count > 40 ? "'\(text.prefix(39))…'" : "'\(text)'"
    }
}
