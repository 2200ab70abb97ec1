package import DurableFiles
package import Geography
package import Telemetry

/// The areas that a process knows: what was read at the start, in force period by period.
package struct AreaReference: Sendable {
    /// A time in which the same areas are in force, in microseconds since the epoch, the end not included.
    struct Period: Sendable {
        let start: Int64
        let end: Int64
        let version: AreaVersion

        func contains(_ time: Int64) -> Bool { start <= time && time < end }
    }

    /// Whose days count: those of the cities.
    package static let standardZone = "Asia/Ho_Chi_Minh"
    /// No areas at all.
    package static let none = AreaReference()

    /// Nil when no ward is known.
    package let atlas: AreaAtlas?
    package let former: FormerCodes
    package let zone: CivilTimeZone
    /// Ascending.
    let periods: [Period]

    private init() {
        (atlas, former, zone, periods) = (nil, .none, .utc, [])
    }

    /// Days begin and end as in `zone`.
    package init(_ atlas: AreaAtlas, former: FormerCodes, zone: CivilTimeZone) {
        self.atlas = atlas.versions.isEmpty ? nil : atlas
        self.former = former
        self.zone = zone
        periods = atlas.versions.map { version in
            Period(
                start: version.validity.start.map { Self.start(of: $0, in: zone) } ?? .min,
                end: version.validity.end.map { Self.start(of: $0, in: zone) } ?? .max, version: version)
        }
    }

    private static func start(of day: CalendarDay, in zone: CivilTimeZone) -> Int64 {
        let midnight = zone.time(localMicroseconds: Int64(day.daysSinceEpoch) * 86_400_000_000)
        return zone.startOfDay(midnight).microsecondsSinceEpoch
    }

    /// How many areas of a level are in force last.
    package func count(of level: AreaLevel) -> Int {
        guard let atlas, let version = atlas.latestVersion else { return 0 }
        return switch level {
        case .city: Set(version.wards.compactMap { atlas[$0].parent }).count
        case .ward: version.wards.count
        case .neighbourhood: version.neighbourhoods.count
        }
    }
}

extension AreaReference {
    /// Reads all files of areas in `folder`, where there is one, and `further` ones.
    ///
    /// A further one may be a folder too.
    /// - Throws: the first thing that is wrong, with file and what to do.
    package static func load(
        folder: String, further: [String] = [], from store: any FileStore = SystemFileStore()
    ) throws(AreaError) -> AreaReference {
        var errors: [AreaError] = []
        let reference = read(folder: folder, further: further, errors: &errors, from: store)
        if let error = errors.first { throw error }
        return reference
    }

    /// The same, with everything that is wrong in `errors`; none are known then.
    package static func read(
        folder: String, further: [String] = [], errors: inout [AreaError], from store: any FileStore = SystemFileStore()
    ) -> AreaReference {
        var files = AreaFiles(store: store)
        files.add(folder: folder)
        for path in further { files.add(path) }
        if files.errors.isEmpty { files.checkLevels() }
        errors += files.errors
        guard files.errors.isEmpty, !files.records.isEmpty || files.former.count > 0 else { return .none }
        do throws(AreaError) {
            return AreaReference(
                try AreaAtlas(files.records), former: files.former, zone: try zone(standardZone, from: store))
        } catch {
            errors.append(error)
            return .none
        }
    }

    private static func zone(_ name: String, from store: any FileStore) throws(AreaError) -> CivilTimeZone {
        let path = "\(CivilTimeZone.folder)/\(name)"
        var problem: String
        do throws(FileError) {
            let bytes = try store.read(path)
            do throws(TimeZoneError) {
                return try CivilTimeZone(name: name, file: bytes)
            } catch {
                problem = "\(error)"
            }
        } catch {
            problem = "\(error)"
        }
        throw AreaError(
            file: path, message: "the time zone in whose days areas change cannot be read: \(problem)",
            fix: "Install the package tzdata")
    }
}

/// Reads files of areas one after the other, and goes on behind a broken one.
private struct AreaFiles {
    let store: any FileStore
    private(set) var records: [AreaRecord] = []
    private(set) var former = FormerCodes.none
    private(set) var errors: [AreaError] = []
    private var paths: Set<String> = []

    init(store: any FileStore) {
        self.store = store
    }

    /// Reads the files of areas in a folder; others may lie there too.
    mutating func add(folder: String) {
        do throws(FileError) {
            guard try store.exists(folder) else { return }
            for entry in try store.entries(of: folder)
            where !entry.isDirectory && !entry.name.hasPrefix(".") {
                guard AreaFile.endings.contains(where: entry.name.hasSuffix) else { continue }
                add(file: "\(folder)/\(entry.name)")
            }
        } catch {
            errors.append(
                AreaError(file: folder, message: "\(error)", fix: "Let this user read the folder and its files"))
        }
    }

    /// Reads a file, or those of a folder, that somebody has named.
    mutating func add(_ path: String) {
        do throws(FileError) {
            guard try store.exists(path) else {
                errors.append(
                    AreaError(file: path, message: "there is no such file", fix: "Correct the setting `areas`"))
                return
            }
            _ = try store.entries(of: path)
            add(folder: path)
        } catch {
            // It is none.
            add(file: path)
        }
    }

    /// Finds outlines of which nothing says what they are: they would be taken for those of cities.
    mutating func checkLevels() {
        let parents = Set(records.compactMap(\.parent))
        let listed = Set(records.filter { $0.shape == nil }.map(\.code))
        var files: Set<String> = []
        for record in records where record.shape != nil && record.level == nil && record.parent == nil {
            guard !parents.contains(record.code), !listed.contains(record.code), files.insert(record.file).inserted
            else { continue }
            errors.append(
                AreaError(
                    file: record.file, place: record.place,
                    message: "nothing says whether \(record.code) is a ward or a neighbourhood",
                    fix: "Give all such features the property level, such as neighbourhood, or the code of the unit "
                        + "above as parent"))
        }
    }

    private mutating func add(file path: String) {
        guard paths.insert(path).inserted else { return }
        do throws(AreaError) {
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try store.read(path)
            } catch {
                throw AreaError(file: path, message: "\(error)", fix: "Let this user read the file")
            }
            // Safe: UInt8 has no padding.
            switch try unsafe AreaFile.read(bytes.span.bytes, file: path) {
            case .units(let units): records += units
            case .formerCodes(let codes): former = former.merged(with: codes)
            }
        } catch {
            errors.append(error)
        }
    }
}
