import JSONDocument
import Telemetry

/// Goes over the records of a SenML pack and applies base values: RFC 8428, section 4.
struct SenMLPack {
    /// A record that was refused, by its position in the pack.
    struct Refused {
        let position: Int
        let refusal: Refusal
    }

    /// The version that RFC 8428 describes.
    private static let version = 10

    /// The base values in force.
    private var base = SenMLEntry()
    private var baseTime: Int64 = 0
    /// The place of a base value that could not be understood: what follows it cannot be resolved either.
    private var brokenBase: String?

    private(set) var entries: [SenMLEntry] = []
    private(set) var refusals: [Refused] = []

    /// Reads all records of the array that is the document.
    mutating func read(_ document: borrowing JSONDocument, arrival: EventTime) {
        entries.removeAll(keepingCapacity: true)
        refusals.removeAll(keepingCapacity: true)
        base = SenMLEntry()
        baseTime = 0
        brokenBase = nil
        var position = 0
        var elements = document.elements(of: document.root)
        while let index = elements.next() {
            do throws(SenMLError) {
                if let entry = try entry(document, index, at: position, arrival: arrival) { entries.append(entry) }
            } catch {
                let pointer = "/\(position)" + error.member.map { "/" + JSONPointerToken.escaped($0) }.joined()
                if error.isAboutBase, brokenBase == nil { brokenBase = pointer }
                let refusal = Refusal(error.reason, pointer: pointer, sentence: error.sentence)
                refusals.append(Refused(position: position, refusal: refusal))
            }
            position += 1
        }
    }

    /// The entry that the record at `index` stands for; nil when it only sets base values.
    private mutating func entry(
        _ document: borrowing JSONDocument, _ index: Int, at position: Int, arrival: EventTime
    ) throws(SenMLError) -> SenMLEntry? {
        guard document.tag(at: index) == JSONKind.object.rawValue else {
            throw SenMLError(.notSenML, "a record of a SenML pack is an object")
        }
        var entry = SenMLEntry(object: index, position: position)
        var time: Int64 = 0
        var isMeasurement = false
        var fault: SenMLError?
        var members = document.members(of: index)
        while let member = members.next() {
            guard let label = SenMLLabel(document.stringBytes(at: member.name)) else {
                if let error = Self.unknown(document, member.name) { Self.note(error, in: &fault) }
                continue
            }
            if !label.isBase { isMeasurement = true }
            do throws(SenMLError) {
                try set(label, document, member.value, in: &entry, &time)
            } catch {
                Self.note(error, in: &fault)
            }
        }
        if let fault { throw fault }
        if let brokenBase {
            throw SenMLError(.notSenML, "the base value at \(brokenBase) could not be read, and applies here")
        }
        guard isMeasurement else { return nil }
        return try completed(entry, document, time, arrival)
    }

    /// The first is told, but for one about base values, on which other records depend.
    private static func note(_ error: SenMLError, in fault: inout SenMLError?) {
        if let first = fault, first.isAboutBase || !error.isAboutBase { return }
        fault = error
    }

    private func completed(
        _ entry: SenMLEntry, _ document: borrowing JSONDocument, _ time: Int64, _ arrival: EventTime
    ) throws(SenMLError) -> SenMLEntry {
        var entry = entry
        entry.baseName = base.baseName
        if entry.unit.count == 0 { entry.unit = base.unit }
        if entry.value == 0 || entry.valueLabel == .value { entry.baseValue = base.baseValue }
        entry.baseSum = base.baseSum
        guard entry.hasValue || entry.hasSum else { throw SenMLError(.notSenML, "the record has no value") }
        guard DecimalSum.isFinite(entry.value, plus: entry.baseValue, of: document),
            DecimalSum.isFinite(entry.sum, plus: entry.baseSum, of: document)
        else { throw SenMLError(.numberOutOfRange, "with its base value, the value is beyond every number") }
        try checkName(of: entry, document)
        let sum = baseTime + time
        // RFC 8428, section 4.5.3: below 2^28 seconds, time counts from now.
        let isRelative = sum < 1 << 28 * 1_000_000
        entry.time = EventTime(
            microsecondsSinceEpoch: isRelative ? arrival.microsecondsSinceEpoch &+ sum : sum)
        guard TimeText.range.contains(entry.time) else {
            throw SenMLError(.numberOutOfRange, "the time lies outside of the years 0000 to 9999")
        }
        return entry
    }

    private mutating func set(
        _ label: SenMLLabel, _ document: borrowing JSONDocument, _ value: Int, in entry: inout SenMLEntry,
        _ time: inout Int64
    ) throws(SenMLError) {
        switch label {
        case .baseVersion:
            guard let version = document.wholeNumber(at: value), version > 0 else { throw .type(label, "an integer") }
            guard version <= Self.version else {
                throw SenMLError(
                    .notSenML, "SenML version \(version) is not known, only those up to \(Self.version)", at: label)
            }
        case .baseName:
            base.baseName = try Self.text(document, value, label)
            do throws(SenMLError) {
                try Self.checkName(document.bytes(of: base.baseName), beginsName: true)
            } catch {
                throw SenMLError(error.reason, error.sentence, at: label)
            }
        case .baseTime: baseTime = try Self.time(document, value, label)
        case .baseUnit: base.unit = try Self.text(document, value, label)
        case .baseValue: base.baseValue = try Self.number(document, value, label)
        case .baseSum: base.baseSum = try Self.number(document, value, label)
        case .name: entry.name = try Self.text(document, value, label)
        case .unit: entry.unit = try Self.text(document, value, label)
        case .sum: entry.sum = try Self.number(document, value, label)
        case .time: time = try Self.time(document, value, label)
        case .updateTime: entry.updateTime = try Self.number(document, value, label)
        case .value, .stringValue, .booleanValue, .dataValue:
            guard entry.value == 0 else {
                throw SenMLError(.notSenML, "the record has a value more than once", at: label)
            }
            entry.value = try Self.checkedValue(document, value, label)
            entry.valueLabel = label
        }
    }
}

// MARK: Checks

extension SenMLPack {
    private static func text(
        _ document: borrowing JSONDocument, _ value: Int, _ label: SenMLLabel
    ) throws(SenMLError) -> SenMLEntry.Text {
        guard document.tag(at: value) == JSONKind.string.rawValue else { throw .type(label, "a string") }
        return document.text(at: value)
    }

    private static func number(
        _ document: borrowing JSONDocument, _ value: Int, _ label: SenMLLabel
    ) throws(SenMLError) -> Int {
        guard document.number(at: value) != nil else { throw .type(label, "a number") }
        return value
    }

    /// Seconds as microseconds; each of base time and time is brought to a whole number of these.
    private static func time(
        _ document: borrowing JSONDocument, _ value: Int, _ label: SenMLLabel
    ) throws(SenMLError) -> Int64 {
        guard let seconds = document.number(at: value) else { throw .type(label, "a number") }
        let microseconds = (seconds * 1_000_000).rounded()
        // Twice what any calendar needs, and still far from an overflow of their sum.
        guard abs(microseconds) < 0x1p60 else {
            throw SenMLError(.numberOutOfRange, "the time lies outside of the years 0000 to 9999", at: label)
        }
        return Int64(microseconds)
    }

    private static func checkedValue(
        _ document: borrowing JSONDocument, _ value: Int, _ label: SenMLLabel
    ) throws(SenMLError) -> Int {
        switch label {
        case .booleanValue:
            guard document.bool(at: value) != nil else { throw .type(label, "true or false") }
            return value
        case .stringValue:
            guard document.tag(at: value) == JSONKind.string.rawValue else { throw .type(label, "a string") }
            return value
        case .dataValue:
            guard document.tag(at: value) == JSONKind.string.rawValue, isBase64URL(document.stringBytes(at: value))
            else {
                throw .type(label, "base64url text without padding")
            }
            return value
        default: return try number(document, value, label)
        }
    }

    private static func isBase64URL(_ text: RawSpan) -> Bool {
        for offset in 0..<text.byteCount {
            switch text.octet(at: offset) {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                continue
            default: return false
            }
        }
        return text.byteCount % 4 != 1
    }

    /// RFC 8428, section 4.4: fields that are not known are left aside, but those that end with `_` must be understood.
    private static func unknown(_ document: borrowing JSONDocument, _ name: Int) -> SenMLError? {
        let bytes = document.stringBytes(at: name)
        guard bytes.byteCount > 0, bytes.octet(at: bytes.byteCount - 1) == UInt8(ascii: "_") else { return nil }
        let text = String(decoding: bytes)
        // Section 12.2: new labels with base semantics begin with b, and no others do.
        return SenMLError(
            .notSenML, "the field must be understood, and it is not known", member: text,
            isAboutBase: bytes.octet(at: 0) == UInt8(ascii: "b"))
    }

    /// RFC 8428, section 4.5.1: what a name and its base name may consist of.
    private func checkName(of entry: SenMLEntry, _ document: borrowing JSONDocument) throws(SenMLError) {
        guard entry.baseName.count + entry.name.count > 0 else { throw SenMLError(.notSenML, "the record has no name") }
        // A base name was checked when it was set.
        try Self.checkName(document.bytes(of: entry.name), beginsName: entry.baseName.count == 0)
    }

    private static func checkName(_ name: RawSpan, beginsName: Bool) throws(SenMLError) {
        for offset in 0..<name.byteCount {
            switch name.octet(at: offset) {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                continue
            case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                guard offset > 0 || !beginsName else {
                    throw SenMLError(.notSenML, "the name begins with neither a letter nor a digit")
                }
            default:
                throw SenMLError(.notSenML, "the name has a character other than letters, digits and -:./_")
            }
        }
    }
}

extension SenMLLabel {
    fileprivate var isBase: Bool {
        switch self {
        case .baseVersion, .baseName, .baseTime, .baseUnit, .baseValue, .baseSum: true
        default: false
        }
    }
}

/// Why a record cannot be resolved.
private struct SenMLError: Error {
    let reason: RefusalReason
    let sentence: String
    let member: [String]
    /// Whether records behind this one depend on what could not be understood.
    let isAboutBase: Bool

    init(_ reason: RefusalReason, _ sentence: String, member: String, isAboutBase: Bool) {
        self.reason = reason
        self.sentence = sentence
        self.member = [member]
        self.isAboutBase = isAboutBase
    }

    init(_ reason: RefusalReason, _ sentence: String, at label: SenMLLabel? = nil) {
        self.reason = reason
        self.sentence = sentence
        member = label.map { [$0.text] } ?? []
        isAboutBase = label?.isBase ?? false
    }

    static func type(_ label: SenMLLabel, _ expected: String) -> SenMLError {
        SenMLError(.notSenML, "\(label.text) must be \(expected)", at: label)
    }
}
