import DurableFiles
import Geography
import Journal
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// The columns of areas, worked out for a batch.
struct AreaFillTests {
    /// 2025-11-21T08:00:00Z.
    private static let autumn: Int64 = 1_763_712_000_000_000
    /// 2026-01-01T00:00:00+07:00.
    private static let newYear: Int64 = 1_767_200_400_000_000
    private static let summer2025: Int64 = 1_751_302_800_000_000

    private struct Reading {
        var time = autumn
        var latitude: Double?
        var longitude: Double?
        var ward: String?
    }

    private struct Filled: Equatable {
        var area: String?
        var neighbourhood: String?
        var agreement: String?

        init(_ area: String?, _ agreement: String?, neighbourhood: String? = nil) {
            (self.area, self.agreement, self.neighbourhood) = (area, agreement, neighbourhood)
        }
    }

    private let reference: AreaReference
    private let plan: StreamPlan

    init() throws {
        reference = try TestAreas.reference()
        plan = try #require(try TestAreas.catalog().stream(named: "walk"))
    }

    private static func append(_ reading: Reading, of plan: StreamPlan, to batch: inout ColumnBatch) {
        batch.beginRow()
        batch.setWord(reading.time, column: plan.timeColumn)
        for case (let column?, let degrees?) in [
            (plan.place.latitude, reading.latitude), (plan.place.longitude, reading.longitude),
        ] {
            switch plan.columns[column].type {
            case .decimal(_, let scale):
                let factor = (0..<scale).reduce(1.0) { power, _ in power * 10 }
                batch.setWord(Int64((degrees * factor).rounded()), column: column)
            case .double: batch.setDouble(degrees, column: column)
            default: batch.setWord(Int64(degrees), column: column)
            }
        }
        if let ward = reading.ward, let column = plan.place.ward { batch.setString(ward, column: column) }
        batch.commitRow()
    }

    private static func filled(_ batch: borrowing ColumnBatch, row: Int, _ plan: StreamPlan) -> Filled {
        guard let derived = plan.place.derived else { return Filled("no columns", nil) }
        return Filled(
            batch.string(row: row, column: derived.area), batch.string(row: row, column: derived.agreement),
            neighbourhood: batch.string(row: row, column: derived.neighbourhood))
    }

    private func fill(_ reading: Reading, _ plan: StreamPlan? = nil) throws -> Filled {
        let plan = plan ?? self.plan
        var batch = ColumnBatch(plan.columns, rowLimit: 1)
        var fill = try #require(AreaFill(plan, reference))
        Self.append(reading, of: plan, to: &batch)
        fill.fill(&batch)
        #expect(fill.mismatchCount == (Self.filled(batch, row: 0, plan).agreement == "contradicts" ? 1 : 0))
        return Self.filled(batch, row: 0, plan)
    }

    @Test("a location decides, and the code that a reading carries is judged by it")
    func located() throws {
        func at(_ longitude: Double, _ latitude: Double = 10.5, _ ward: String? = nil) throws -> Filled {
            try fill(Reading(latitude: latitude, longitude: longitude, ward: ward))
        }
        #expect(try at(105.5) == Filled("west", "noCode"))
        #expect(try at(106.5) == Filled("east", "noCode"))
        #expect(try at(106) == Filled("east", "noCode"), "a place on the border is the eastern ward's")
        #expect(try at(105.999999) == Filled("west", "noCode"))
        #expect(try at(105) == Filled("west", "noCode") && at(107) == Filled(nil, "noCode"))
        #expect(try at(0, 0) == Filled(nil, "noCode"))
        #expect(try at(0, 0, "west") == Filled(nil, "contradicts"))
        #expect(try at(105.5, 10.5, "west") == Filled("west", "agrees"))
        #expect(try at(105.5, 10.5, "east") == Filled("west", "contradicts"))
        #expect(try at(105.5, 10.5, "whole") == Filled("west", "agreesAsFormer"))
        #expect(try at(106.5, 10.5, "whole") == Filled("east", "contradicts"))
        #expect(try at(105.5, 10.5, "halves") == Filled("west", "agreesAsFormer"))
        #expect(try at(106.5, 10.5, "halves") == Filled("east", "agreesAsFormer"))
        #expect(try at(106.5, 10.5, "nobody's") == Filled("east", "unknownCode"))
    }

    @Test("without a location the code decides, unless the old unit was split")
    func unlocated() throws {
        #expect(try fill(Reading()) == Filled(nil, "noCode"))
        #expect(try fill(Reading(ward: "west")) == Filled("west", "unchecked"))
        #expect(try fill(Reading(ward: "whole")) == Filled("west", "unchecked"))
        #expect(try fill(Reading(ward: "halves")) == Filled(nil, "split"))
        #expect(try fill(Reading(ward: "nobody's")) == Filled(nil, "unknownCode"))
        #expect(try fill(Reading(ward: "alley")) == Filled("east", "unchecked", neighbourhood: "alley"))
        let half = Reading(latitude: 10.5, ward: "west")
        #expect(try fill(half) == Filled("west", "unchecked"), "half a position is none")
    }

    @Test("a neighbourhood is found by its outline, and by its code where the location confirms the ward")
    func neighbourhoods() throws {
        func at(_ longitude: Double, _ latitude: Double, _ ward: String? = nil) throws -> Filled {
            try fill(Reading(latitude: latitude, longitude: longitude, ward: ward))
        }
        #expect(try at(105.1, 10.1) == Filled("west", "noCode", neighbourhood: "grove"))
        #expect(try at(105.3, 10.1) == Filled("west", "noCode"))
        #expect(try at(105.1, 10.1, "grove") == Filled("west", "agrees", neighbourhood: "grove"))
        #expect(try at(106.5, 10.1, "alley") == Filled("east", "agrees", neighbourhood: "alley"))
        #expect(try at(105.5, 10.1, "alley") == Filled("west", "contradicts"))
    }

    @Test("the ward in force on the local day counts, and before the first there is none")
    func versions() throws {
        func at(_ time: Int64) throws -> Filled {
            try fill(Reading(time: time, latitude: 10.5, longitude: 106.25, ward: "east"))
        }
        #expect(try at(Self.newYear - 1) == Filled("east", "agrees"))
        #expect(try at(Self.newYear) == Filled("west", "contradicts"))
        #expect(try at(Self.summer2025) == Filled("east", "agrees"))
        #expect(try at(Self.summer2025 - 1) == Filled(nil, nil), "nothing is known of that day")
        #expect(try at(.min) == Filled(nil, nil))
        // The year 2100.
        #expect(try at(4_102_444_800_000_000) == Filled("west", "contradicts"))
    }

    @Test(
        "coordinates of every type are read",
        arguments: [
            #""type": "number""#, #""type": "number", "multipleOf": 0.01"#,
            #""type": "number", "multipleOf": 0.0000001"#,
            #""type": "number", "multipleOf": 0.000000001"#, #""type": "integer""#,
        ])
    func types(coordinates: String) throws {
        let plan = try #require(try TestAreas.catalog(coordinates: coordinates).stream(named: "walk"))
        let column = try #require(plan.place.longitude)
        let (isWhole, isDouble) = (plan.columns[column].type == .int32, plan.columns[column].type == .double)
        #expect(
            try fill(Reading(latitude: 10, longitude: 105), plan) == Filled("west", "noCode", neighbourhood: "grove"))
        #expect(try fill(Reading(latitude: 10, longitude: 106), plan).area == "east")
        #expect(try fill(Reading(latitude: 10, longitude: -106), plan).area == nil)
        guard !isWhole else { return }
        #expect(try fill(Reading(latitude: 10.99, longitude: 105.99), plan) == Filled("west", "noCode"))
        guard isDouble else { return }
        // Rounds to the border; what is no number and what lies outside the earth is no position.
        #expect(try fill(Reading(latitude: 10.5, longitude: 105.999_999_96), plan).area == "east")
        for longitude in [Double.nan, .infinity, 181, -1e300] {
            let reading = Reading(latitude: 10.5, longitude: longitude, ward: "west")
            #expect(try fill(reading, plan) == Filled("west", "unchecked"), "\(longitude)")
        }
    }

    @Test("a stream without a place, and a process without areas, fill nothing")
    func nothingToFill() throws {
        let other = try #require(try TestAreas.catalog(place: "").stream(named: "walk"))
        #expect(other.place.derived == nil && AreaFill(other, reference) == nil)
        #expect(other.columns.last?.name == "schema_version")
        #expect(AreaFill(plan, .none) == nil)
        let codeOnly = try #require(try TestAreas.catalog(place: "{ ward: /ward }").stream(named: "walk"))
        #expect(
            try fill(Reading(latitude: 10.5, longitude: 105.5, ward: "east"), codeOnly) == Filled("east", "unchecked"))
    }

    @Test(
        "many rows, filled at any moments, get what each would get alone",
        arguments: [UInt64(1), 2, 3, 20_251_121])
    func property(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var batch = ColumnBatch(plan.columns, rowLimit: 400)
        var fill = try #require(AreaFill(plan, reference))
        let codes = ["west", "east", "grove", "alley", "whole", "halves", "nobody's", ""]
        let times = [Self.autumn, Self.newYear, Self.newYear - 1, Self.summer2025 - 1]
        for _ in 0..<20 {
            var readings: [Reading] = []
            let count = Int.random(in: 0...400, using: &random)
            var mismatches = 0
            while readings.count < count {
                var reading = Reading(time: times[Int.random(in: times.indices, using: &random)])
                if random.chance(9, in: 10) { reading.latitude = Double.random(in: 9.8...11.2, using: &random) }
                if random.chance(9, in: 10) { reading.longitude = Double.random(in: 104.8...107.2, using: &random) }
                if random.chance(3, in: 4) { reading.ward = codes[Int.random(in: codes.indices, using: &random)] }
                reading.latitude = reading.latitude.map { ($0 * 1e6).rounded() / 1e6 }
                reading.longitude = reading.longitude.map { ($0 * 1e6).rounded() / 1e6 }
                readings.append(reading)
                Self.append(reading, of: plan, to: &batch)
                // As a refused reading does.
                if random.chance(1, in: 10) {
                    batch.beginRow()
                    batch.setString("stray \(readings.count)", column: plan.place.ward ?? 0)
                    batch.removeRows(from: batch.count)
                }
                if random.chance(1, in: 30) { fill.fill(&batch) }
            }
            fill.fill(&batch)
            for (row, reading) in readings.enumerated() {
                let expected = expected(reading)
                if expected.agreement == "contradicts" { mismatches += 1 }
                #expect(Self.filled(batch, row: row, plan) == expected, "\(reading)")
            }
            #expect(fill.mismatchCount == mismatches)
            batch.removeAll()
            fill.reset()
        }
    }

    /// The slow and obvious way.
    private func expected(_ reading: Reading) -> Filled {
        let day = CalendarDay(EventTime(microsecondsSinceEpoch: reading.time), in: reference.zone)
        guard let atlas = reference.atlas, let version = atlas.version(inForceOn: day) else { return Filled(nil, nil) }
        var position: Position?
        if let latitude = reading.latitude, let longitude = reading.longitude {
            position = Position(longitude: longitude, latitude: latitude)
        }
        let claim = reading.ward.map { AreaClaim(code: $0, in: version, former: reference.former) }
        let placement = AreaPlacement(position: position, claim: claim, in: version)
        return Filled(
            placement.ward.map { atlas[$0].code }, placement.agreement.rawValue,
            neighbourhood: placement.neighbourhood.map { atlas[$0].code })
    }
}

/// The columns of areas in tables.
struct AreaTableTests {
    private let start: Int64 = 1_795_248_000_000_000

    private func text(_ number: Int, _ members: String) -> [UInt8] {
        let time = EventTime(microsecondsSinceEpoch: start + Int64(number))
        return Array(#"{"t":"\#(time)","device":"d"\#(members)}"#.utf8)
    }

    private func send(_ texts: [[UInt8]], to machine: Machine) throws {
        let appended = try machine.append(
            texts.map { SentMessage(topic: "walk/d", payload: $0, arrival: start, stream: 0, fates: []) })
        #expect(appended && machine.synchronize())
    }

    private func areas(_ machine: Machine) throws -> [String] {
        try machine.table("walk").rows.sorted { ($0.number("t") ?? 0) < ($1.number("t") ?? 0) }
            .map { "\($0.text("area") ?? "-") \($0.text("area_agreement") ?? "-") \($0.text("neighbourhood") ?? "-")" }
    }

    private let east = #","lat":10.5,"lon":106.75,"ward":"east""#
    private let west = #","lat":10.5,"lon":106.25,"ward":"east""#

    @Test("rows have their areas, duplicates taken out, and each commit says how many codes contradict")
    func committed() throws {
        let machine = try Machine(try TestAreas.catalog(), readingCount: 3)
        machine.configuration.areas = try TestAreas.reference()
        try machine.restart(cuttingPower: false)
        let batch = Array(("[".utf8)) + text(6, west) + Array(",".utf8) + text(7, #","ward":"whole""#) + Array("]".utf8)
        let single = [text(1, east), text(1, east), text(2, west), text(3, ""), text(2, east), text(4, east)]
        try send(single + [batch], to: machine)
        try machine.drain()
        #expect(
            try areas(machine) == [
                "east agrees -", "west contradicts -", "- noCode -", "east agrees -", "west contradicts -",
                "west unchecked -",
            ])
        let commits = machine.events.all.flatMap { event -> [CommittedRows] in
            if case .committed(_, _, let tables) = event { tables.filter { $0.table == "walk" } } else { [] }
        }
        #expect(commits.map(\.areaMismatchCount).reduce(0, +) == 2 && commits.map(\.rowCount).reduce(0, +) == 6)
    }

    @Test("a table from before areas were known gets the columns, and old rows keep nulls")
    func widened() throws {
        let machine = try Machine(try TestAreas.catalog(place: ""))
        try send([text(1, east)], to: machine)
        try machine.drain()
        machine.catalog = try TestAreas.catalog()
        // Definitions first, areas later.
        try machine.restart(cuttingPower: false)
        try send([text(2, east)], to: machine)
        try machine.drain()
        machine.configuration.areas = try TestAreas.reference()
        try machine.restart(cuttingPower: true)
        try send([text(3, east)], to: machine)
        try machine.drain()
        #expect(try areas(machine) == ["- - -", "- - -", "east agrees -"])
        let widened = machine.events.all.compactMap { event in
            if case .widened("walk", let columns) = event { columns } else { nil }
        }
        #expect(widened == [["area", "neighbourhood", "area_agreement"]])
    }

    @Test("whatever step of a commit fails, all rows have areas afterwards", arguments: [false, true])
    func crashes(cutsPower: Bool) throws {
        var step = 0
        while true {
            let machine = try Machine(try TestAreas.catalog(), seed: UInt64(step) + 1, readingCount: 4)
            machine.configuration.areas = try TestAreas.reference()
            try machine.restart(cuttingPower: false)
            try send((1...10).map { text($0, $0 % 3 == 0 ? west : east) }, to: machine)
            let before = machine.store.stepCount
            machine.store.fail(afterSteps: step, code: 5)
            // Fails in most cases; that is what is tried.
            try? machine.drain()
            let isPast = machine.store.stepCount - before < step
            machine.store.failNoMore()
            if cutsPower { try machine.restart(cuttingPower: true) }
            try machine.drain()
            #expect(
                try areas(machine) == (1...10).map { $0 % 3 == 0 ? "west contradicts -" : "east agrees -" },
                "step \(step)")
            if isPast { break }
            step += 1
        }
        #expect(step > 50)
    }

    @Test("a reading that was a dead letter has its area too")
    func replayed() throws {
        let strict = try TestAreas.catalog(properties: #", "lit": { "type": "boolean" }"#)
        let lenient = try TestAreas.catalog(properties: #", "lit": { "type": ["boolean", "null"] }"#)
        let machine = try Machine(strict)
        let areas = try TestAreas.reference()
        machine.configuration.areas = areas
        try machine.restart(cuttingPower: false)
        let refused = [text(2, west + #","lit":null"#), text(3, #","lit":null,"ward":"grove""#)]
        try send([text(1, east)] + refused, to: machine)
        try machine.drain()
        #expect(try self.areas(machine) == ["east agrees -"])
        machine.close()
        var configuration = machine.configuration
        configuration.areas = .none
        let desk = ReplayDesk(configuration, store: machine.store)
        let now = EventTime(microsecondsSinceEpoch: start + 60_000_000)
        #expect(try desk.submit(.replay, DeadLetterFilter(), now: now).letterCount == 2)
        try desk.fold(lenient, areas: areas)
        #expect(try self.areas(machine) == ["east agrees -", "west contradicts -", "west unchecked grove"])
    }
}
