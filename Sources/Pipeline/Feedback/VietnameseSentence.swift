import Telemetry

/// The sentence of a refusal in Vietnamese, with the limit and the value that the English one names.
///
/// The parts that find a mistake write one sentence, in English. Here each form that they use stands beside its
/// Vietnamese twin; `{}` stands for what differs, in order, and `{0}`, `{1}` put it into place. A form that is not here
/// gives the general sentence of the reason with the English one behind it.
enum VietnameseSentence {
    static func of(_ refusal: Refusal) -> String {
        translation(of: refusal.sentence) ?? "\(general(refusal.reason)): \(refusal.sentence)"
    }

    /// Nil when no form fits.
    static func translation(of sentence: String) -> String? {
        for form in forms {
            if let values = form.values(in: sentence) { return form.filled(with: values) }
        }
        return nil
    }

    private static let forms = (schemaForms + textForms + payloadForms).map { Form(english: $0.0, vietnamese: $0.1) }

    /// What the holes of a form hold in words of this program, not of the sender.
    fileprivate static func word(_ text: String) -> String {
        if text.contains(" or ") {
            return text.split(separator: ",").map { part in
                part.split(separator: " ").filter { $0 != "or" }.map { words[String($0)] ?? String($0) }
                    .joined(separator: " hoặc ")
            }.joined(separator: ", ")
        }
        return words[text] ?? text
    }

    private static let words = [
        "the document": "bản ghi", "an object": "một đối tượng", "an array": "một mảng", "object": "đối tượng",
        "array": "mảng", "string": "chuỗi", "number": "số", "integer": "số nguyên", "boolean": "đúng/sai",
        "null": "null", "not whole": "không nguyên", "a value": "một giá trị", "a digit": "một chữ số",
        "the end of the value": "hết giá trị", "the end of the text": "hết văn bản",
        "a member's name in double quotes": "tên trường trong dấu ngoặc kép",
        "four hexadecimal digits": "bốn chữ số thập lục phân", "where a value should be": "ở chỗ phải có một giá trị",
        "inside an object": "giữa một đối tượng", "inside an array": "giữa một mảng",
        "inside a string": "giữa một chuỗi", "inside a number": "giữa một số",
        "behind a member's name": "ngay sau tên một trường",
    ]

    /// What a reason means, for sentences whose form is not known.
    static func general(_ reason: RefusalReason) -> String {
        switch reason {
        case .empty: "Bản tin không có số đo nào"
        case .tooLarge: "Bản tin quá lớn"
        case .notJSON: "Bản tin không đúng cú pháp JSON"
        case .truncated: "Bản tin bị cắt cụt"
        case .invalidUTF8: "Bản tin có byte không phải UTF-8"
        case .tooDeep: "Bản tin lồng quá sâu"
        case .duplicateKey: "Một trường xuất hiện hai lần"
        case .numberOutOfRange: "Số nằm ngoài phạm vi biểu diễn được"
        case .notGzip: "Dữ liệu nén gzip bị hỏng"
        case .notZstd: "Dữ liệu nén zstd bị hỏng"
        case .expandedTooLarge: "Bản tin quá lớn sau khi giải nén"
        case .notCBOR: "Bản tin không đúng định dạng CBOR"
        case .notSenML: "Bản tin không đúng định dạng SenML"
        case .notProtobuf: "Bản tin không đúng định dạng Protocol Buffers"
        case .birthMissing: "Chưa nhận được bản tin khai sinh (birth) của Sparkplug"
        case .notAReading: "Bản tin không chứa số đo"
        case .mapping: "Không ánh xạ được giá trị"
        case .unknownTopic: "Không luồng dữ liệu nào nhận chủ đề này"
        case .type: "Sai kiểu dữ liệu"
        case .range: "Giá trị nằm ngoài giới hạn"
        case .multipleOf: "Giá trị không đúng bước chia"
        case .required: "Thiếu trường bắt buộc"
        case .enumeration: "Giá trị không có trong danh sách cho phép"
        case .pattern: "Giá trị không đúng mẫu"
        case .format: "Giá trị không đúng định dạng"
        case .length: "Độ dài không hợp lệ"
        case .additional: "Có trường mà lược đồ không cho phép"
        case .schema: "Bản ghi không đúng lược đồ"
        case .undecided: "Việc kiểm tra bản ghi theo lược đồ vượt quá giới hạn xử lý"
        case .unknownVersion: "Bản tin ghi một phiên bản lược đồ không có"
        case .clockFuture: "Thời gian của số đo nằm trong tương lai"
        case .clockPast: "Thời gian của số đo đã quá cũ"
        case .clockMissing: "Số đo không có thời gian"
        }
    }
}

/// A sentence with holes, in both languages.
private struct Form {
    /// What stands between the holes, first and last included.
    private let literals: [String]
    private let vietnamese: String

    init(english: String, vietnamese: String) {
        literals = Self.pieces(of: english)
        self.vietnamese = vietnamese
    }

    private static func pieces(of text: String) -> [String] {
        var pieces = [""]
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("{}") {
                pieces.append("")
                rest = rest.dropFirst(2)
            } else {
                pieces[pieces.count - 1].append(character)
                rest = rest.dropFirst()
            }
        }
        return pieces
    }

    /// What the holes hold; nil when the sentence has another form.
    ///
    /// A hole ends where the text behind it begins for the first time; only the last reaches as far as it can.
    func values(in sentence: String) -> [String]? {
        let (first, last) = (literals[0], literals[literals.count - 1])
        guard sentence.hasPrefix(first) else { return nil }
        guard literals.count > 1 else { return sentence == first ? [] : nil }
        guard sentence.hasSuffix(last), sentence.count >= first.count + last.count else { return nil }
        var rest = sentence.dropFirst(first.count).dropLast(last.count)
        var values: [String] = []
        for literal in literals[1..<(literals.count - 1)] {
            guard let place = rest.firstRange(of: literal) else { return nil }
            values.append(String(rest[..<place.lowerBound]))
            rest = rest[place.upperBound...]
        }
        return values + [String(rest)]
    }

    /// The Vietnamese sentence; `{0}` is the first value, `{0s}` one that is a sentence itself.
    func filled(with values: [String]) -> String {
        var text = ""
        var rest = vietnamese[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            let name = rest[rest.index(after: open)..<close]
            let isSentence = name.last == "s"
            let value = Int(isSentence ? name.dropLast() : name).flatMap {
                values.indices.contains($0) ? values[$0] : nil
            }
            if let value {
                text += isSentence ? VietnameseSentence.translation(of: value) ?? value : VietnameseSentence.word(value)
            } else {
                text += rest[open...close]
            }
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }
}

extension Substring {
    /// Where `part` stands for the first time.
    fileprivate func firstRange(of part: String) -> Range<Index>? {
        guard !part.isEmpty else { return startIndex..<startIndex }
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
