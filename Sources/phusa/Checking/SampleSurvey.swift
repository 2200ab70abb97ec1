import JSONDocument
import JSONSchema
import Payloads
import Telemetry

/// What the records of samples have in common.
struct SampleSurvey {
    /// A member of the records, and the values that it had.
    struct Member {
        let name: String
        var count = 0
        var nullCount = 0
        var integerCount = 0
        var numberCount = 0
        var booleanCount = 0
        var textCount = 0
        var otherCount = 0
        var least = Double.infinity
        var greatest = -Double.infinity
        var longest = 0
        /// Texts as dates and times, with and without a zone.
        var timeCount = 0
        var localTimeCount = 0
        var dateCount = 0
        /// At most as many as are worth a list, and one more.
        var texts: [String] = []

        var valueCount: Int { count - nullCount }
        var isInteger: Bool { integerCount > 0 && integerCount == valueCount }
        var isNumber: Bool { numberCount > 0 && integerCount + numberCount == valueCount }
        var isText: Bool { textCount > 0 && textCount == valueCount }
        var isTime: Bool { isText && timeCount == textCount }
        var isLocalTime: Bool { isText && timeCount + localTimeCount == textCount && localTimeCount > 0 }
        var isDate: Bool { isText && dateCount == textCount }
    }

    let format: PayloadFormat
    let topic: String
    private(set) var members: [Member] = []
    private(set) var recordCount = 0
    private(set) var payloadCount = 0
    private(set) var refusedCount = 0
    private(set) var firstRefusal: Refusal?

    static let mostTexts = 12

    init(format: PayloadFormat, topic: String) {
        self.format = format
        self.topic = topic
    }

    mutating func read(_ payload: [UInt8]) {
        payloadCount += 1
        var reader = RecordReader(format)
        for outcome in reader.read(payload, topic: topic, arrival: .now) {
            switch outcome {
            case .refused(let refusal):
                refusedCount += 1
                if firstRefusal == nil { firstRefusal = refusal }
            case .reading(let text):
                guard case .object(let found)? = JSONTree(record: text) else {
                    refusedCount += 1
                    continue
                }
                recordCount += 1
                for member in found { note(member) }
            }
        }
    }

    func member(_ name: String) -> Member? { members.first { $0.name == name } }

    /// Whether every record has the member, and not as null.
    func isAlwaysThere(_ member: Member) -> Bool { member.valueCount == recordCount }

    private mutating func note(_ found: JSONTree.Member) {
        let index =
            members.firstIndex { $0.name == found.name }
            ?? {
                members.append(Member(name: found.name))
                return members.count - 1
            }()
        members[index].count += 1
        switch found.value {
        case .null: members[index].nullCount += 1
        case .bool: members[index].booleanCount += 1
        case .integer(let value): members[index].noteNumber(Double(value), isInteger: true)
        case .unsigned(let value): members[index].noteNumber(Double(value), isInteger: true)
        case .double(let value): members[index].noteNumber(value, isInteger: false)
        case .string(let text): members[index].note(text)
        case .array, .object: members[index].otherCount += 1
        }
    }
}

extension SampleSurvey.Member {
    fileprivate mutating func noteNumber(_ value: Double, isInteger: Bool) {
        if isInteger { integerCount += 1 } else { numberCount += 1 }
        least = min(least, value)
        greatest = max(greatest, value)
    }

    fileprivate mutating func note(_ text: String) {
        textCount += 1
        longest = max(longest, text.unicodeScalars.count)
        if RFC3339.microseconds(text.utf8Bytes) != nil {
            timeCount += 1
        } else if RFC3339.microseconds((text.replacing(" ", with: "T") + "Z").utf8Bytes) != nil {
            localTimeCount += 1
        } else if RFC3339.microseconds((text + "T00:00:00Z").utf8Bytes) != nil {
            dateCount += 1
        }
        if texts.count <= SampleSurvey.mostTexts, !texts.contains(text) { texts.append(text) }
    }
}
