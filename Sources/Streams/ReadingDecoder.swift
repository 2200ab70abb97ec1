import JSONDocument
import Telemetry

/// Turns the readings of one stream into rows, by the version of the schema that each tells or satisfies.
struct ReadingDecoder: ~Copyable {
    /// Where the reading that is being decoded comes from, and what its message says of it.
    struct Context {
        let arrival: EventTime
        /// What the message says besides its payload; nil when it says nothing.
        var told: Told?
    }

    /// A version as a message tells it.
    enum Told: Equatable {
        case version(SchemaVersion)
        /// Something that is no version.
        case unreadable(String)
    }

    /// Holds an older version where only copyable things can be.
    private final class Older {
        var decoder: VersionDecoder

        init(_ decoder: consuming VersionDecoder) {
            self.decoder = decoder
        }
    }

    /// The time of the last reading that was good.
    private(set) var time = EventTime(microsecondsSinceEpoch: 0)
    /// Why the last reading that was not good was refused.
    private(set) var refusal = Refusal(.empty, sentence: "")
    /// How many versions are newer than the one by which the last reading was decoded.
    private(set) var versionIndex = 0

    private var newest: VersionDecoder
    private let older: [Older]
    private let versions: [SchemaVersion]
    private let versionMember: [UInt8]?
    private let plainSources: [Bool]
    /// The column of the ingest time; behind it come lane, journal offset and the schema's version.
    let traceColumn: Int

    init(_ plan: StreamPlan) {
        newest = VersionDecoder(plan.newestVersion, of: plan)
        older = plan.versions.dropFirst().map { Older(VersionDecoder($0, of: plan)) }
        versions = plan.versions.map(\.version)
        versionMember = plan.versionMember
        plainSources = plan.sources.map(\.isPlain)
        traceColumn = plan.ingestTimeColumn
    }

    /// The version by which the last reading was decoded, or refused.
    var version: SchemaVersion { versions[versionIndex] }

    // MARK: Plain readings

    /// Whether the readings of a source stand in its payloads as they are.
    @inline(__always)
    func isPlain(source: Int) -> Bool { plainSources[source] }

    /// Writes a plain reading of a message that tells no version as the pending row, straight from the bytes `range` of
    /// `buffer`; returns false when a document has to decide.
    @inline(__always)
    mutating func scan(
        _ buffer: RawSpan, _ range: Range<Int>, arrival: EventTime, into columns: inout ColumnBatch
    ) -> Bool {
        guard let time = newest.scan(buffer, range, arrival: arrival, into: &columns) else { return false }
        self.time = time
        versionIndex = 0
        return true
    }

    /// The same for any message.
    mutating func scan(
        _ buffer: RawSpan, _ range: Range<Int>, _ context: Context, into columns: inout ColumnBatch
    ) -> Bool {
        context.told == nil
            ? scan(buffer, range, arrival: context.arrival, into: &columns)
            : scanTold(buffer, range, context, into: &columns)
    }

    private mutating func scanTold(
        _ buffer: RawSpan, _ range: Range<Int>, _ context: Context, into columns: inout ColumnBatch
    ) -> Bool {
        guard case .version(let version)? = context.told, let index = versions.firstIndex(of: version) else {
            return false
        }
        let found =
            index == 0
            ? newest.scan(buffer, range, arrival: context.arrival, into: &columns)
            : older[index - 1].decoder.scan(buffer, range, arrival: context.arrival, into: &columns)
        guard let found else { return false }
        time = found
        versionIndex = index
        return true
    }

    // MARK: Readings as documents

    /// Writes the reading that is the whole document as the pending row; returns false, and leaves a `refusal`, when it
    /// is not good.
    ///
    /// `place` makes the JSON pointer of the reading in its message.
    mutating func decode(
        _ document: JSONDocument, _ context: Context, into columns: inout ColumnBatch, place: () -> String
    ) -> Bool {
        versionIndex = 0
        var told = context.told
        if told == nil, let versionMember { told = Self.told(in: document, by: versionMember) }
        if let told {
            guard case .version(let version) = told, let index = versions.firstIndex(of: version) else {
                return refuse(unknownVersion(told, context, place()))
            }
            versionIndex = index
            if index == 0 {
                guard newest.validate(document) else { return refuse(newest.violation(in: document, at: place())) }
            } else {
                let decoder = older[index - 1]
                guard decoder.decoder.validate(document) else {
                    return refuse(decoder.decoder.violation(in: document, at: place()))
                }
            }
        } else if !newest.validate(document) {
            while versionIndex < older.count, !older[versionIndex].decoder.validate(document) { versionIndex += 1 }
            guard versionIndex < older.count else {
                versionIndex = 0
                return refuse(newest.violation(in: document, at: place()))
            }
            versionIndex += 1
        }
        let result =
            versionIndex == 0
            ? newest.decode(document, arrival: context.arrival, into: &columns, place: place)
            : older[versionIndex - 1].decoder.decode(
                document, arrival: context.arrival, into: &columns, place: place)
        switch result {
        case .success(let time):
            self.time = time
            return true
        case .failure(let refused): return refuse(refused.refusal)
        }
    }

    /// The version that a reading tells in its member `name`; nil when it has none.
    private static func told(in document: JSONDocument, by name: [UInt8]) -> Told? {
        // Safe: every byte of the array is initialized.
        guard let index = document.member(named: unsafe name.span.bytes, of: document.root) else { return nil }
        switch document.kind(at: index) {
        case .null: return nil
        case .string: return told(document.stringBytes(at: index))
        default: return told(document.text(of: index).utf8Bytes)
        }
    }

    /// A version from its text.
    static func told(_ text: RawSpan) -> Told {
        SchemaVersion(text).map { .version($0) } ?? .unreadable(String(decoding: text))
    }

    // MARK: Refusals

    @inline(never)
    private mutating func refuse(_ refusal: Refusal) -> Bool {
        self.refusal = refusal
        return false
    }

    private func unknownVersion(_ told: Told, _ context: Context, _ place: String) -> Refusal {
        let shown =
            switch told {
            case .version(let version): "\(version)"
            case .unreadable(let text): String(text.unicodeScalars.prefix(40).map(Character.init))
            }
        let member = context.told == nil ? versionMember.map { String(decoding: $0, as: UTF8.self) } : nil
        return Refusal(
            .unknownVersion, pointer: place + (member.map { JSONPointer([$0]).description } ?? ""),
            sentence: "the message tells version \(shown) of the schema; there are "
                + versions.map(\.description).joined(separator: ", "))
    }
}
