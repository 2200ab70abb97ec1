import ArgumentParser
import Glibc
import JSONDocument
import JSONSchema
import Streams
import Telemetry

/// `phusa bench schema`: what checking a reading costs beside parsing it.
struct BenchSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Measures on coverage readings what validation costs beside parsing. Exit code 1 if it costs more.")

    @Option(name: .long, help: "How many different readings.") var readings = 20_000
    @Option(name: .long, help: "How often everything is measured; the best time counts.") var rounds = 15
    @Option(name: .long, help: "Folder with areas and streams.") var schemas = "Schemas"

    func run() throws {
        guard readings > 0, rounds > 0 else { throw CommandFailure.usage("--readings and --rounds are above 0.") }
        let catalog = try StreamCatalog.load("\(schemas)/streams")
        let schema = catalog.streams[try catalog.index(of: "coverage")].schema
        let payloads = try Payloads(count: readings, schemas: schemas)
        // simdjson parses as fast as memory allows only when it works on the same text again and again, so every loop
        // goes through all readings, and the loops take turns.
        var best = [Double](repeating: .infinity, count: 4)
        for _ in 0..<rounds {
            var loops = Loops(schema)
            for loop in best.indices {
                let start = Self.processorNanoseconds()
                let validCount = loops.run(loop, payloads)
                best[loop] = min(best[loop], (Self.processorNanoseconds() - start) / Double(readings))
                guard loop == 0 || validCount == readings else {
                    throw CommandFailure.failure("\(readings - validCount) readings of the fleet are not valid.")
                }
            }
        }
        let validation = best[1] - best[0]
        func line(_ name: String, _ value: Double) -> String {
            let text = Format.decimal(value, digits: 1)
            return name + String(repeating: " ", count: max(1, 52 - name.count - text.count)) + text
        }
        print(
            "ns for each of \(readings) coverage readings of \(payloads.byteCount / readings) bytes, best of \(rounds)")
        print(line("parsing (simdjson)", best[0]))
        print(line("validation, flat path", validation))
        print(line("validation, general path", best[2] - best[0]))
        print(line("scan: both at once, straight from the text", best[3]))
        let ratio = Format.decimal(validation / best[0], digits: 2)
        print("validation costs \(ratio) times as much as parsing")
        guard validation <= best[0] else { throw ExitCode(1) }
    }

    private static func processorNanoseconds() -> Double {
        var time = timespec()
        // Safe: the call fills in the time.
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// Readings of a fleet, one behind the other, with what the parser reads behind the last.
private struct Payloads {
    private(set) var bytes: [UInt8] = []
    private(set) var ranges: [Range<Int>] = []

    var byteCount: Int { ranges.last?.upperBound ?? 0 }

    init(count: Int, schemas: String) throws(CommandFailure) {
        let wards = try WardTable.load(folder: "\(schemas)/areas")
        let start = EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000)
        var fleet = CoverageFleet(seed: 42, deviceCount: 1000, wards: wards, start: start)
        for _ in 0..<count {
            let offset = bytes.count
            fleet.next(into: &bytes)
            ranges.append(offset..<bytes.count)
        }
        bytes.append(contentsOf: repeatElement(0x20, count: JSONParser.paddingByteCount))
    }
}

/// The loops that are compared; each returns how many readings it took.
private struct Loops: ~Copyable {
    private let fieldCount: Int
    private var parser = JSONParser()
    private var flat: RecordValidator
    private var general: RecordValidator
    private var scanner: RecordScanner

    init(_ schema: RecordSchema) {
        fieldCount = schema.fields.count
        flat = RecordValidator(schema)
        general = RecordValidator(schema.withoutFlatPath)
        scanner = RecordScanner(schema)
    }

    mutating func run(_ loop: Int, _ payloads: Payloads) -> Int {
        switch loop {
        case 0: Self.parse(payloads, &parser)
        case 1: Self.validate(payloads, &parser, &flat, fieldCount)
        case 2: Self.validate(payloads, &parser, &general, fieldCount)
        default: scan(payloads)
        }
    }

    private static func parse(_ payloads: Payloads, _ parser: inout JSONParser) -> Int {
        // Safe: every byte of the array is initialized.
        let bytes = unsafe payloads.bytes.span.bytes
        var count = 0
        for range in payloads.ranges {
            // What does not parse is missing among the valid ones, which are counted.
            guard let document = try? parser.parse(bytes, at: range) else { continue }
            if document.wordCount > 0 { count += 1 }
        }
        return count
    }

    private static func validate(
        _ payloads: Payloads, _ parser: inout JSONParser, _ validator: inout RecordValidator, _ fieldCount: Int
    ) -> Int {
        // Safe: every byte of the array is initialized.
        let bytes = unsafe payloads.bytes.span.bytes
        var storage = [UInt32](repeating: 0, count: fieldCount)
        var count = 0
        for range in payloads.ranges {
            // What does not parse is missing among the valid ones, which are counted.
            guard let document = try? parser.parse(bytes, at: range) else { continue }
            var slots = storage.mutableSpan
            if validator.validate(document, slots: &slots).isValid { count += 1 }
        }
        return count
    }

    private mutating func scan(_ payloads: Payloads) -> Int {
        // Safe: every byte of the array is initialized.
        let bytes = unsafe payloads.bytes.span.bytes
        var storage = [ScannedValue](repeating: .nothing, count: fieldCount)
        var count = 0
        for range in payloads.ranges {
            var values = storage.mutableSpan
            if scanner.scan(bytes, range, into: &values) != nil { count += 1 }
        }
        return count
    }
}
