import Telemetry

/// What `phusa publish` was told, apart from the files.
struct PublicationSettings {
    var mapping = RecordMapping()
    var timeField = "ts"
    var shift = Duration.zero
    var rule = Pace.Rule.asFastAsPossible
    var limit: Int?
    var isStrict = false
    var total: Int?
    var progress = ProgressStyle.auto
}

/// What became of the rows of the files.
struct PublicationCounts: Equatable {
    var rows = 0
    var published = 0
    var filtered = 0
    var bad = 0
    var firstTime: EventTime?
    var lastTime: EventTime?

    mutating func note(_ time: EventTime?) {
        guard let time else { return }
        firstTime = min(firstTime ?? time, time)
        lastTime = max(lastTime ?? time, time)
    }
}

/// Files on their way to a sink.
struct Publication: ~Copyable {
    /// Further bad rows are only counted.
    private static let namedBadRows = 10

    private(set) var counts = PublicationCounts()
    private let settings: PublicationSettings
    private var sink: MessageSink
    private var pace: Pace
    private var bar: ProgressBar

    init(_ settings: PublicationSettings, to sink: consuming MessageSink) {
        self.settings = settings
        self.sink = sink
        pace = Pace(settings.rule)
        bar = ProgressBar("publish", total: settings.total, noun: "rows", style: settings.progress)
    }

    /// Whether nothing more is to be sent.
    var isDone: Bool { Interruption.hasCome || counts.published >= settings.limit ?? .max }

    /// Publishes the rows of a CSV file.
    mutating func publishTable(_ path: String) throws(CommandFailure) {
        var reader = CSVReader(try InputFile(path: path), delimiter: settings.mapping.delimiter)
        var record = CSVRecord()
        guard try reader.next(into: &record) else { return }
        var encoder = try RowEncoder(
            settings.mapping, header: record.texts, timeField: settings.timeField, file: path)
        encoder.shift = settings.shift
        var number = 0
        while !isDone, try reader.next(into: &record) {
            number += 1
            counts.rows += 1
            switch encoder.encode(record, number: number) {
            case .filtered: counts.filtered += 1
            case .bad(let complaint): try refuse(complaint, path: path, line: record.line)
            case .message:
                try send(topic: encoder.topic, payload: encoder.payload, time: encoder.time)
            }
            showProgress()
        }
    }

    /// Publishes the lines of a file as they are.
    mutating func publishLines(_ path: String) throws(CommandFailure) {
        var reader = LineReader(try InputFile(path: path))
        var encoder = LineEncoder(topic: settings.mapping.topic, timeField: settings.timeField)
        var line: [UInt8] = []
        while !isDone, try reader.next(into: &line) {
            if line.isEmpty { continue }
            counts.rows += 1
            if let complaint = encoder.encode(line) {
                try refuse(complaint, path: path, line: reader.line)
            } else {
                try send(topic: encoder.topic, payload: encoder.payload, time: encoder.time)
            }
            showProgress()
        }
    }

    /// Waits until everything has arrived.
    mutating func finish() throws(CommandFailure) {
        try sink.finish()
        showNews()
        bar.finish(counts.rows, extra: extra)
    }

    private mutating func send(topic: String, payload: [UInt8], time: EventTime?) throws(CommandFailure) {
        try sink.idle(pace.delay(of: counts.published, at: time))
        try sink.send(topic: topic, payload: payload)
        counts.published += 1
        counts.note(time)
    }

    private mutating func refuse(_ complaint: String, path: String, line: Int) throws(CommandFailure) {
        counts.bad += 1
        let place = "\(path == "-" ? "standard input" : path), line \(line)"
        if settings.isStrict {
            throw .failure(
                "\(place): \(complaint). \(Format.counted(counts.published, "row")) published before it; without "
                    + "--strict such rows are left out.")
        }
        if counts.bad <= Self.namedBadRows { bar.note("\(place): left out, \(complaint).") }
        if counts.bad == Self.namedBadRows { bar.note("Further rows that are left out are only counted.") }
    }

    private mutating func showProgress() {
        // A look at the clock for every hundredth row is enough for the eye, unless rows are slow to come.
        if case .asFastAsPossible = settings.rule, counts.rows % 100 != 0 { return }
        showNews()
        bar.update(counts.rows, extra: extra)
    }

    private mutating func showNews() {
        for sentence in sink.news() { bar.note(sentence) }
    }

    private var extra: String { counts.bad > 0 ? "\(Format.count(counts.bad)) left out" : "" }
}
