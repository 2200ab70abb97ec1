import DurableFiles
import JSONDocument
import Payloads
import Streams
import Telemetry

/// The examples of a stream, held against what `expect.yaml` says of them.
struct ExampleCheck {
    private(set) var mistakes: [DefinitionError] = []
    private(set) var count = 0

    private let plan: StreamPlan
    private let folder: String
    private let expectations: ExampleExpectations
    private let store = SystemFileStore()

    init(_ plan: StreamPlan, folder: String) {
        self.plan = plan
        self.folder = folder
        var errors: [DefinitionError] = []
        expectations = ExampleExpectations.read(folder, errors: &errors)
        mistakes = errors
        // With a mistake in expect.yaml, what it expects is not known.
        guard errors.isEmpty else { return }
        checkValid()
        checkInvalid()
        checkSentinels()
        checkPayloads()
    }

    private var arrival: EventTime { expectations.arrival ?? .now }

    // MARK: Readings as the schema has them

    private mutating func checkValid() {
        for file in files("valid", expected: nil) {
            for case .refused(let refusal) in outcomes(file) {
                mistakes.append(unexpected(refusal, file, "a valid example"))
            }
        }
    }

    private mutating func checkInvalid() {
        for file in files("invalid", expected: expectations.invalid.map { ($0.file, $0.line) }) {
            guard let expected = expectations.invalid.first(where: { $0.file == file.name }) else { continue }
            let wanted = Self.shown(expected.reason, expected.pointer)
            for outcome in outcomes(file) {
                switch outcome {
                case .reading:
                    mistakes.append(
                        mistake(
                            expected.line, "invalid/\(file.name) is stored, and should be refused with \(wanted)"))
                case .refused(let refusal):
                    guard refusal.reason.rawValue != expected.reason || refusal.pointer != expected.pointer else {
                        continue
                    }
                    mistakes.append(
                        mistake(
                            expected.line,
                            "invalid/\(file.name) is refused with "
                                + "\(Self.shown(refusal.reason.rawValue, refusal.pointer)), not with \(wanted): "
                                + refusal.sentence))
                }
            }
        }
    }

    private mutating func checkSentinels() {
        for file in files("sentinels", expected: expectations.sentinels.map { ($0.file, $0.line) }) {
            guard let expected = expectations.sentinels.first(where: { $0.file == file.name }) else { continue }
            for outcome in outcomes(file) {
                switch outcome {
                case .refused(let refusal): mistakes.append(unexpected(refusal, file, "an example of sentinels"))
                case .reading(let json):
                    for member in expected.members where Self.value(member, in: json) != nil {
                        mistakes.append(
                            mistake(expected.line, "sentinels/\(file.name) is stored with a value in /\(member)"))
                    }
                }
            }
        }
    }

    // MARK: Payloads as fleets send them

    private mutating func checkPayloads() {
        var matcher = StreamCatalog(streams: [plan]).makeTopicMatcher()
        for file in files("payloads", expected: expectations.payloads.map { ($0.file, $0.line) }) {
            guard let expected = expectations.payloads.first(where: { $0.file == file.name }) else { continue }
            guard let route = matcher.route(of: expected.topic.utf8Bytes) else {
                mistakes.append(mistake(expected.line, "no source of the stream takes the topic \(expected.topic)"))
                continue
            }
            var decoder = PayloadDecoder(plan, source: route.source, withNulls: false)
            let outcomes = decoder.decode(file.bytes, topic: expected.topic, arrival: arrival)
            check(outcomes, against: expected)
        }
    }

    private mutating func check(
        _ outcomes: [PayloadDecoder.Outcome], against expected: ExampleExpectations.Payload
    ) {
        var readings: [String] = []
        var refusals: [Refusal] = []
        for outcome in outcomes {
            switch outcome {
            case .reading(let json): readings.append(json)
            case .refused(let refusal): refusals.append(refusal)
            }
        }
        let reasons = refusals.map(\.reason.rawValue)
        if readings.count != expected.storedCount || reasons != expected.refused {
            let first = refusals.first.map { ": \($0.sentence)" } ?? ""
            mistakes.append(
                mistake(
                    expected.line,
                    "payloads/\(expected.file) gives \(Self.shown(readings.count, reasons)), not "
                        + "\(Self.shown(expected.storedCount, expected.refused))\(first)"))
        }
        guard let reading = readings.first else { return }
        for (member, value) in expected.values {
            let found = Self.value(member, in: reading)
            guard !Self.isSame(found ?? .null, value) else { continue }
            mistakes.append(
                mistake(
                    expected.line,
                    "/\(member) of payloads/\(expected.file) is \(found?.text ?? "not there"), not \(value.text)"))
        }
    }

    // MARK: Parts

    private struct Example {
        let path: String
        let name: String
        let bytes: [UInt8]
    }

    /// The files of a kind of examples; those that are there and not expected, or the other way round, are mistakes.
    private mutating func files(_ kind: String, expected: [(file: String, line: Int)]?) -> [Example] {
        let directory = "\(folder)/\(kind)"
        var examples: [Example] = []
        do throws(FileError) {
            if try store.exists(directory) {
                for name in try store.list(directory) where !name.hasPrefix(".") {
                    let path = "\(directory)/\(name)"
                    examples.append(Example(path: path, name: name, bytes: try store.read(path)))
                }
            }
        } catch {
            mistakes.append(
                DefinitionError(
                    file: directory, message: "\(error)", fix: "Let this user read the folder and its files"))
        }
        count += examples.count
        guard let expected else { return examples }
        for example in examples where !expected.contains(where: { $0.file == example.name }) {
            mistakes.append(
                DefinitionError(
                    file: example.path, message: "expect.yaml does not say what becomes of this example",
                    fix: "Add it there under `\(kind)`"))
        }
        for (file, line) in expected where !examples.contains(where: { $0.name == file }) {
            mistakes.append(
                mistake(line, "there is no example \(kind)/\(file)", fix: "Add the file or remove the line"))
        }
        return examples
    }

    /// Decodes an example that is a reading, or an array of readings, as the schema has them.
    private func outcomes(_ example: Example) -> [PayloadDecoder.Outcome] {
        var decoder = PayloadDecoder(plan.reading(.json), source: 0, withNulls: false)
        return decoder.decode(example.bytes, arrival: arrival)
    }

    private func mistake(
        _ line: Int, _ message: String, fix: String = "Correct the example, the schema or expect.yaml"
    ) -> DefinitionError {
        DefinitionError(file: expectations.file, line: line, message: message, fix: fix)
    }

    private func unexpected(_ refusal: Refusal, _ example: Example, _ kind: String) -> DefinitionError {
        // Safe: UInt8 has no padding.
        let locator = unsafe JSONLocator(example.bytes.span.bytes)
        var place: JSONLocator.Place?
        if let offset = refusal.byteOffset {
            place = locator.place(at: min(offset, example.bytes.count))
        } else if let pointer = JSONPointer(text: refusal.pointer) {
            place = locator.place(of: pointer)
        }
        return DefinitionError(
            file: example.path, line: place?.line ?? 0, column: place?.column ?? 0,
            message: "\(kind) is refused with \(Self.shown(refusal.reason.rawValue, refusal.pointer)): "
                + refusal.sentence,
            fix: "Correct the example or the schema")
    }

    private static func shown(_ reason: String, _ pointer: String) -> String {
        pointer.isEmpty ? reason : "\(reason) at \(pointer)"
    }

    private static func shown(_ storedCount: Int, _ reasons: [String]) -> String {
        let stored = Format.counted(storedCount, "reading")
        return reasons.isEmpty ? stored : "\(stored) and the refusals \(reasons.joined(separator: ", "))"
    }

    /// A member of a row; nil when it is null.
    private static func value(_ member: String, in json: String) -> JSONTree? {
        do throws(JSONParseError) {
            let value = try JSONTree(parsing: json)[member]
            return value == .null ? nil : value
        } catch {
            fatalError("rows are printed as JSON")
        }
    }

    /// Whether two values are equal, numbers by their value.
    private static func isSame(_ one: JSONTree, _ other: JSONTree) -> Bool {
        guard let left = number(one), let right = number(other) else { return one == other }
        return left == right
    }

    private static func number(_ tree: JSONTree) -> Double? {
        switch tree {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
