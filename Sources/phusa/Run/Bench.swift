import ArgumentParser
import DurableFiles
import Geography
import Glibc
import Journal
import Pipeline
import Streams
import Telemetry

/// `phusa bench`: the two halves of the side-by-side benchmark, see Benchmarks/side-by-side.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the way from a journal to committed tables; Benchmarks/side-by-side uses it.",
        subcommands: [BenchJournal.self, BenchFold.self, BenchSchema.self])
}

struct BenchJournal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Writes seeded coverage readings into a journal.")

    @Option(name: .long, help: "How many readings.") var readings = 2_000_000
    @Option(name: .long, help: "The seed: the same seed gives the same readings.") var seed: UInt64 = 1
    @Option(name: .long, help: "How many devices send them.") var devices = 5000
    @Option(name: .long, help: "Data folder, which must not hold a journal yet.") var data: String
    @Option(name: .long, help: "Folder with areas and streams.") var schemas = "Schemas"
    @Option(name: .long, help: "Also write the readings to this file, one a line.") var ndjson: String?

    func run() throws {
        guard readings > 0, (1...Arguments.mostDevices).contains(devices) else {
            throw CommandFailure.usage("--readings and --devices are numbers above 0, with at most 10,000,000 devices")
        }
        let wards = try WardTable.load(folder: "\(schemas)/areas")
        let start = EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000)
        var fleet = CoverageFleet(seed: seed, deviceCount: devices, wards: wards, start: start)
        let directory = "\(data)/journal/lane0"
        guard try !SystemFileStore().exists(directory) else {
            throw CommandFailure.usage("\(directory) exists: give a data folder without a journal")
        }
        var journal = try JournalWriter(SystemFileStore(), directory: directory)
        var file = try ndjson.map { try Output(path: $0) }
        var batch = MessageBatch(byteCapacity: 4 << 20, messageCapacity: 8192)
        var bytes: [UInt8] = []
        for number in 1...readings {
            bytes.removeAll(keepingCapacity: true)
            let arrival = fleet.nextTime
            fleet.next(into: &bytes)
            // Safe: UInt8 has no padding.
            unsafe batch.append(
                topic: fleet.topics[fleet.lastDevice].utf8Bytes, payload: bytes.span.bytes, arrival: arrival,
                flags: MessageFlags(qualityOfService: 1, isRetained: false))
            if file != nil {
                bytes.append(UInt8(ascii: "\n"))
                try file?.write(bytes)
            }
            if number == readings || !batch.hasRoom(forBytes: 4096) {
                try journal.append(&batch)
                batch.removeAll()
            }
        }
        try journal.synchronize()
        try file?.flush()
        print("{\"readings\":\(readings),\"seed\":\(seed),\"devices\":\(devices)}")
    }
}

struct BenchFold: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fold", abstract: "Folds a journal into committed tables on one thread, and says how fast.")

    @Option(name: .long, help: "Data folder with a journal from `phusa bench journal`.") var data: String
    @Option(name: .long, help: "Folder with areas and streams.") var schemas = "Schemas"
    @Option(name: .long, help: "zstd level of segments.") var compression: Int32 = 3
    @Flag(name: .long, help: "Leaves the columns of areas empty, to see what they cost.") var withoutAreas = false
    @Flag(name: .long, inversion: .prefixedNo, help: "Also make the rollups of the streams.") var rollups = true

    func run() throws {
        // Under the benchmark's own name, every message would be folded a second time.
        guard try !SystemFileStore().exists("\(data)/node") else {
            throw CommandFailure.usage("\(data) belongs to phusa run: give a folder from phusa bench journal")
        }
        guard try SystemFileStore().exists("\(data)/journal/lane0") else {
            throw CommandFailure.usage("\(data) holds no journal: make one with phusa bench journal")
        }
        let catalog = try StreamCatalog.load("\(schemas)/streams")
        var configuration = PipelineConfiguration(dataDirectory: data, node: "bench")
        configuration.compressionLevel = compression
        if !withoutAreas { configuration.areas = try AreaReference.load(folder: "\(schemas)/areas") }
        if rollups { configuration.rollups = try RollupCatalog(catalog) }
        let clock = ContinuousClock()
        let (start, startCPU) = (clock.now, Self.processorSeconds())
        let last = try JournalRun.fold(configuration, catalog: catalog)
        let wall = (clock.now - start) / .seconds(1)
        let processor = Self.processorSeconds() - startCPU
        let report = try Audit.run(dataDirectory: data)
        guard report.isBalanced else { throw CommandFailure.failure(report.findings.joined(separator: "; ")) }
        let rows = report.streams.reduce(0) { $0 + $1.rowCount }
        let bytes = report.streams.reduce(0) { $0 + $1.byteCount }
        print(
            "{\"messages\":\(last),\"rows\":\(rows),\"bytes\":\(bytes),"
                + "\"bytes_per_reading\":\(Double(bytes) / Double(max(1, rows))),"
                + "\"wall_seconds\":\(wall),\"cpu_seconds\":\(processor),"
                + "\"readings_per_second\":\(Double(last.number) / processor),"
                + "\"peak_kib\":\(Self.peakKibibytes)}")
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        // CLOCK_PROCESS_CPUTIME_ID always exists, so the call cannot fail.
        _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static var peakKibibytes: Int {
        var usage = rusage()
        // Safe: fills in the local value.
        guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss
    }
}
