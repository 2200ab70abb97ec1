import Foundation
import JSONDocument
import Telemetry
import TestSupport
import Testing

@testable import Payloads

/// Damaged and malicious payloads against every decoder.
///
///     PHUSA_FUZZ_SECONDS=600       how long each of them is tried; 1 without it
///     PHUSA_FUZZ_ONLY=cbor,gzip    not all of them
///     PHUSA_FUZZ_SEED=7            another sequence of payloads
///     PHUSA_FUZZ_LAST_INPUT=file   where the payload that is being tried is kept, to be found after a crash
@Suite("Fuzzing of payload decoders", .serialized)
struct PayloadFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seconds = environment["PHUSA_FUZZ_SECONDS"].flatMap(Double.init) ?? 1
    private static let seed = environment["PHUSA_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
    private static let only = environment["PHUSA_FUZZ_ONLY"]?.split(separator: ",").map(String.init)
    private static let formats = PayloadFormat.allCases.filter { only?.contains($0.rawValue) ?? true }
    private static let compressions = ["gzip", "zstd"].filter { only?.contains($0) ?? true }
    private static let isLong = environment["PHUSA_FUZZ_SECONDS"] != nil

    @Test("no payload crashes a decoder, holds it up or takes memory without bound", arguments: formats)
    func decoders(format: PayloadFormat) throws {
        var run = FuzzRun(format: format, seed: Self.seed, lastInputPath: Self.environment["PHUSA_FUZZ_LAST_INPUT"])
        try run.go(seconds: Self.seconds) { $0 }
        run.report(isLong: Self.isLong)
    }

    @Test("nor does a compressed one, cut or damaged", arguments: compressions)
    func expansion(kind: String) throws {
        var run = FuzzRun(
            format: .json, seed: Self.seed &+ 1, lastInputPath: Self.environment["PHUSA_FUZZ_LAST_INPUT"], name: kind)
        run.corpus = run.corpus.map { kind == "gzip" ? gzip($0) : zstd($0) }
        let zeros = [UInt8](repeating: 0x20, count: 300_000)
        run.corpus += kind == "gzip" ? [gzip(zeros)] : [zstd(zeros), zstd(zeros, announcesCount: false)]
        let magic = Array(run.corpus[0].prefix(4))
        // Without its magic number it would be tried as plain JSON, which the other test does.
        try run.go(seconds: Self.seconds) { payload in
            if payload.first == UInt8(ascii: "[") || payload.first == UInt8(ascii: "{") {
                return kind == "gzip" ? gzip(payload) : zstd(payload)
            }
            return payload.starts(with: magic) ? payload : magic + payload.dropFirst(4)
        }
        run.report(isLong: Self.isLong)
    }
}

/// One decoder under test.
private struct FuzzRun: ~Copyable {
    private let format: PayloadFormat
    private let name: String
    private let seed: UInt64
    var corpus: [[UInt8]]
    private var mutator: PayloadMutator
    private var structured: StructuredPayloads
    private let lastInput: FuzzedInput
    private var parser = JSONParser(limits: JSONLimits(maximumDepth: 128, maximumByteCount: 16 << 20))
    private var kept: Set<String> = []
    private var executionCount = 0
    private var recordCount = 0
    private var refusalCount = 0
    private var longest = Duration.zero
    private var duration = Duration.zero
    private let startByteCount: Int

    private static let limits = PayloadLimits(maximumExpandedByteCount: 1 << 20)
    /// A payload that takes longer holds the stream up; the slowest takes milliseconds, and machines are busy.
    private static let hang = Duration.seconds(2)
    /// A reader's parser and buffers, and the payloads worth keeping.
    private static let mostGrowth = 512 << 20

    init(format: PayloadFormat, seed: UInt64, lastInputPath: String?, name: String? = nil) {
        self.format = format
        self.name = name ?? format.rawValue
        self.seed = seed
        corpus = FuzzSeeds.corpus(format)
        structured = StructuredPayloads(format: format, seed: seed)
        mutator = PayloadMutator(seed: seed, dictionary: FuzzSeeds.dictionary(format))
        lastInput = FuzzedInput(path: lastInputPath)
        ProcessMemory.forgetPeak()
        startByteCount = ProcessMemory.peakByteCount
    }

    mutating func go(seconds: Double, _ adjust: ([UInt8]) -> [UInt8]) throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let end = begin + .seconds(seconds)
        let topics = FuzzSeeds.topics(format)
        var records = PayloadRecords()
        while clock.now < end {
            // What formats remember between messages is part of what is tried, so readers live for a while.
            var reader = PayloadReader(
                format: format, mapping: try mapping(),
                events: mutator.below(2) == 0 ? .uplinks : EventSelection(format.eventNames),
                senMLForm: mutator.below(4) == 0 ? .resolved : .readings, limits: Self.limits)
            for _ in 0..<500 where clock.now < end {
                let payload = adjust(nextPayload())
                let topic = topics[mutator.below(topics.count)]
                lastInput.keep(topic: topic, payload: payload)
                let start = clock.now
                reader.read(payload, topic: topic, into: &records)
                let duration = clock.now - start
                longest = max(longest, duration)
                guard duration < Self.hang else { throw FuzzFailure("took \(duration)", payload, topic, seed) }
                try check(records, payload, topic)
            }
            let peakByteCount = ProcessMemory.peakByteCount
            guard peakByteCount - startByteCount < Self.mostGrowth else {
                throw FuzzFailure("memory has grown to \(peakByteCount) bytes", [], "", seed)
            }
        }
        duration = clock.now - begin
        #expect(executionCount > 100)
    }

    /// Bytes changed, a structure changed, or both.
    private mutating func nextPayload() -> [UInt8] {
        switch mutator.below(3) {
        case 0: mutator.mutated(corpus)
        case 1: mutator.mutated([structured.next()])
        default: structured.next()
        }
    }

    /// None, or one with entries that look for what most formats have.
    private mutating func mapping() throws -> RecordMapping? {
        guard mutator.below(2) == 0 else { return nil }
        let paths = try ["v", "value", "object.t", "a.0", "/x"].map { path throws(RecordMappingError) in
            try SourcePath(path)
        }
        return try RecordMapping(
            [
                .init("v", from: .document(paths), try RecordConversion(multiply: "100")),
                .init("device", from: .topic(level: 2)),
                .init("arrived", from: .arrival), .init("o", from: .constant(.text("45204"))),
            ], rest: mutator.below(2) == 0 ? .keep : .drop)
    }

    private mutating func check(_ records: PayloadRecords, _ payload: [UInt8], _ topic: String) throws {
        executionCount += 1
        recordCount += records.records.count
        guard records.records.isEmpty == records.holdsNoReading else {
            throw FuzzFailure("gave no record and no refusal", payload, topic, seed)
        }
        guard records.bytes.count <= 2 * Self.limits.maximumExpandedByteCount + JSONParser.paddingByteCount else {
            throw FuzzFailure("gave \(records.bytes.count) bytes", payload, topic, seed)
        }
        var signature = ""
        var end = 0
        for record in records.records {
            if let refusal = record.refusal {
                refusalCount += 1
                guard record.text.isEmpty, !refusal.sentence.isEmpty, refusal.byteOffset ?? 0 >= 0 else {
                    throw FuzzFailure("refused badly: \(refusal)", payload, topic, seed)
                }
                if signature.utf8.count < 60 {
                    signature += refusal.reason.rawValue + " " + refusal.sentence.filter(\.isLetter).prefix(24)
                }
                continue
            }
            guard record.text.lowerBound >= end,
                record.text.upperBound <= records.bytes.count - JSONParser.paddingByteCount
            else { throw FuzzFailure("gave texts out of order", payload, topic, seed) }
            end = record.text.upperBound
            // Safe: every byte of the array is initialized.
            let buffer = unsafe records.bytes.span.bytes
            do throws(JSONParseError) {
                let document = try parser.parse(buffer, at: record.text)
                if signature.utf8.count < 60 {
                    signature +=
                        "\(document.tag(at: document.root)) \(document.wordCount.bitWidth - document.wordCount.leadingZeroBitCount) "
                }
            } catch {
                throw FuzzFailure("gave a text that is no JSON: \(error)", payload, topic, seed)
            }
        }
        keep(payload, signature)
    }

    /// Payloads that are answered in a new way are worth changing further.
    private mutating func keep(_ payload: [UInt8], _ signature: String) {
        guard corpus.count < 3000, payload.count < 5000, !kept.contains(signature) else { return }
        kept.insert(signature)
        corpus.append(payload)
    }

    /// Prints what a long run showed: a crash or a hang would have ended it before.
    consuming func report(isLong: Bool) {
        guard isLong else { return }
        let slowest = longest / .milliseconds(1)
        print(
            "fuzz \(name): seed \(seed), \(duration.components.seconds) s, \(executionCount) executions "
                + "(\(recordCount - refusalCount) records, \(refusalCount) refusals, corpus \(corpus.count)), "
                + "0 crashes, 0 hangs (slowest \((slowest * 100).rounded() / 100) ms), "
                + "peak memory \(ProcessMemory.peakByteCount >> 20) MiB (\(startByteCount >> 20) MiB at the start)")
    }
}

private struct FuzzFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ payload: [UInt8], _ topic: String, _ seed: UInt64) {
        description = "\(what); seed \(seed), topic \(topic), payload \(hexadecimal(payload))"
    }
}
