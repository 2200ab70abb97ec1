import JSONDocument

/// Reads the lines of commit files into actions.
///
/// Kinds of action and fields that this library does not know are passed over, as the protocol demands. A
/// `protocol` action is passed on as it is; whoever replays it decides whether it can be honoured.
struct ActionDecoder: ~Copyable {
    private var parser = JSONParser(limits: JSONLimits(maximumDepth: 128, maximumByteCount: 1 << 30))
    /// The last file's partition values: neighbours in the log mostly have the same, which are then stored once.
    private var lastPartitionValues: [PartitionValue] = []

    /// The actions of the commit file `name`, with their lines (from 1).
    ///
    /// - Throws: ``DeltaError/damaged(file:line:problem:)`` with the line that is not what it should be.
    mutating func decode(_ bytes: [UInt8], of name: String) throws(DeltaError) -> [(line: Int, action: DeltaAction)] {
        var actions: [(line: Int, action: DeltaAction)] = []
        var line = 0
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            line += 1
            do {
                let action = try Self.decodeLine(bytes, start..<end, &parser, &lastPartitionValues)
                if let action { actions.append((line, action)) }
            } catch {
                throw .damaged(file: name, line: line, problem: error.sentence)
            }
            start = end + 1
        }
        guard line > 0 else { throw .damaged(file: name, line: 0, problem: "the commit is empty") }
        return actions
    }

    private static func decodeLine(
        _ bytes: [UInt8], _ range: Range<Int>, _ parser: inout JSONParser, _ lastPartitionValues: inout [PartitionValue]
    ) throws(FieldProblem) -> DeltaAction? {
        if bytes[range].allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { return nil }
        do {
            // Safe: UInt8 has no padding, and the array outlives the call.
            let document = try unsafe parser.parse(bytes.span.bytes, at: range)
            return try action(document, &lastPartitionValues)
        } catch let error as FieldProblem {
            throw error
        } catch let error as JSONParseError {
            throw FieldProblem("byte \(error.byteOffset) of the line: \(error.sentence)")
        } catch {
            throw FieldProblem("\(error)")
        }
    }

    private static func action(
        _ document: borrowing JSONDocument, _ lastPartitionValues: inout [PartitionValue]
    ) throws(FieldProblem) -> DeltaAction? {
        let root = document.root
        guard document.kind(at: root) == .object else { throw FieldProblem("the line is not an object") }
        var members = document.members(of: root)
        var found: DeltaAction?
        while let member = members.next() {
            let name = document.string(at: member.name)
            if document.isNull(at: member.value) { continue }
            let isKnown = ["add", "remove", "txn", "metaData", "protocol", "commitInfo"].contains(name)
            guard isKnown else { continue }
            guard document.kind(at: member.value) == .object else { throw FieldProblem("\(name) is not an object") }
            guard found == nil else { throw FieldProblem("the line has more than one action") }
            switch name {
            case "add": found = .add(try addFile(at: member.value, of: document, &lastPartitionValues))
            case "remove": found = .remove(try removeFile(at: member.value, of: document))
            case "txn": found = .applicationTransaction(try applicationTransaction(at: member.value, of: document))
            case "metaData": found = .metadata(try metadata(at: member.value, of: document))
            case "protocol": found = .tableProtocol(try tableProtocol(at: member.value, of: document))
            default: found = .commitInfo(commitInfo(at: member.value, of: document))
            }
        }
        return found
    }

    private static func addFile(
        at index: Int, of document: borrowing JSONDocument, _ lastPartitionValues: inout [PartitionValue]
    ) throws(FieldProblem) -> AddFile {
        if document.optional("deletionVector", of: index) != nil {
            throw FieldProblem("the added file has a deletion vector, which this library cannot read")
        }
        guard let values = try partitionValues(of: index, in: document, "add") else {
            throw FieldProblem("add has no partitionValues")
        }
        if values != lastPartitionValues { lastPartitionValues = values }
        let byteCount = try document.requiredInteger("size", of: index, in: "add")
        guard byteCount >= 0 else { throw FieldProblem("the size of the added file is negative") }
        return AddFile(
            path: try path(of: index, in: document, "add"), partitionValues: lastPartitionValues, byteCount: byteCount,
            modificationMilliseconds: try document.requiredInteger("modificationTime", of: index, in: "add"),
            isDataChange: try document.optionalBool("dataChange", of: index, in: "add") ?? true,
            statisticsText: try document.optionalString("stats", of: index, in: "add"),
            tags: try document.optionalStrings("tags", of: index, in: "add") ?? [:])
    }

    private static func removeFile(
        at index: Int, of document: borrowing JSONDocument
    ) throws(FieldProblem) -> RemoveFile {
        RemoveFile(
            path: try path(of: index, in: document, "remove"),
            deletionMilliseconds: try document.optionalInteger("deletionTimestamp", of: index, in: "remove"),
            isDataChange: try document.optionalBool("dataChange", of: index, in: "remove") ?? true,
            partitionValues: try partitionValues(of: index, in: document, "remove"),
            byteCount: try document.optionalInteger("size", of: index, in: "remove"))
    }

    private static func path(
        of index: Int, in document: borrowing JSONDocument, _ action: String
    ) throws(FieldProblem) -> String {
        let text = try document.requiredString("path", of: index, in: action)
        guard let path = PathEncoding.decode(text), !path.isEmpty else {
            throw FieldProblem("the path of \(action) is not a percent-encoded path: \(text)")
        }
        return path
    }

    private static func partitionValues(
        of index: Int, in document: borrowing JSONDocument, _ action: String
    ) throws(FieldProblem) -> [PartitionValue]? {
        guard let object = try document.optional("partitionValues", .object, of: index, in: action) else { return nil }
        var values: [PartitionValue] = []
        var members = document.members(of: object)
        while let member = members.next() {
            let column = document.string(at: member.name)
            guard !document.isNull(at: member.value) else {
                values.append(PartitionValue(column: column, text: nil))
                continue
            }
            guard document.kind(at: member.value) == .string else {
                throw FieldProblem("the partition value of \(column) in \(action) is neither text nor null")
            }
            values.append(PartitionValue(column: column, text: document.string(at: member.value)))
        }
        return values
    }

    private static func applicationTransaction(
        at index: Int, of document: borrowing JSONDocument
    ) throws(FieldProblem) -> ApplicationTransaction {
        ApplicationTransaction(
            appId: try document.requiredString("appId", of: index, in: "txn"),
            version: try document.requiredInteger("version", of: index, in: "txn"),
            lastUpdatedMilliseconds: try document.optionalInteger("lastUpdated", of: index, in: "txn"))
    }

    private static func metadata(
        at index: Int, of document: borrowing JSONDocument
    ) throws(FieldProblem) -> TableMetadata {
        if let format = try document.optional("format", .object, of: index, in: "metaData") {
            let provider = try document.optionalString("provider", of: format, in: "format") ?? "parquet"
            guard provider == "parquet" else { throw FieldProblem("the table's files are \(provider), not parquet") }
        }
        let metadata = TableMetadata(
            schema: try DeltaSchema(parsing: try document.requiredString("schemaString", of: index, in: "metaData")),
            partitionColumns: try document.optionalNames("partitionColumns", of: index, in: "metaData") ?? [],
            name: try document.optionalString("name", of: index, in: "metaData"),
            description: try document.optionalString("description", of: index, in: "metaData"),
            configuration: try document.optionalStrings("configuration", of: index, in: "metaData") ?? [:],
            createdMilliseconds: try document.optionalInteger("createdTime", of: index, in: "metaData"),
            id: try document.requiredString("id", of: index, in: "metaData"))
        for name in metadata.partitionColumns where metadata.schema.column(name) == nil {
            throw FieldProblem("the schema has no partition column \(name)")
        }
        return metadata
    }

    private static func tableProtocol(
        at index: Int, of document: borrowing JSONDocument
    ) throws(FieldProblem) -> TableProtocol {
        let reader = try document.requiredInteger("minReaderVersion", of: index, in: "protocol")
        let writer = try document.requiredInteger("minWriterVersion", of: index, in: "protocol")
        guard let reader = Int32(exactly: reader), let writer = Int32(exactly: writer), reader >= 1, writer >= 1 else {
            throw FieldProblem("the versions of protocol are out of range")
        }
        return TableProtocol(
            minimumReaderVersion: Int(reader), minimumWriterVersion: Int(writer),
            readerFeatures: try document.optionalNames("readerFeatures", of: index, in: "protocol") ?? [],
            writerFeatures: try document.optionalNames("writerFeatures", of: index, in: "protocol") ?? [])
    }

    /// Writers put what they like into this action, so nothing in it is an error.
    private static func commitInfo(at index: Int, of document: borrowing JSONDocument) -> CommitInfo {
        var timestamp: Int64?
        if let index = document.member("timestamp", of: index) { timestamp = document.wholeNumber(at: index) }
        var isBlindAppend: Bool?
        if let index = document.member("isBlindAppend", of: index) { isBlindAppend = document.bool(at: index) }
        let texts = scalarTexts(at: index, of: document)
        return CommitInfo(
            timestampMilliseconds: timestamp, operation: texts["operation"],
            operationParameters: scalarTexts("operationParameters", of: index, in: document),
            operationMetrics: scalarTexts("operationMetrics", of: index, in: document),
            engineInfo: texts["engineInfo"], isBlindAppend: isBlindAppend)
    }

    private static func scalarTexts(
        _ name: String, of object: Int, in document: borrowing JSONDocument
    ) -> [String: String] {
        guard let index = document.member(name, of: object) else { return [:] }
        return scalarTexts(at: index, of: document)
    }

    private static func scalarTexts(at index: Int, of document: borrowing JSONDocument) -> [String: String] {
        var texts: [String: String] = [:]
        var members = document.members(of: index)
        while let member = members.next() {
            texts[document.string(at: member.name)] = scalarText(at: member.value, of: document)
        }
        return texts
    }

    private static func scalarText(at index: Int, of document: borrowing JSONDocument) -> String? {
        switch document.kind(at: index) {
        case .string: document.string(at: index)
        case .integer: String(document.int64(at: index))
        case .unsigned: String(document.uint64(at: index))
        case .double: String(document.double(at: index))
        case .true: "true"
        case .false: "false"
        case .null, .array, .object: nil
        }
    }
}
