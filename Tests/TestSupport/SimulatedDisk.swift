import DurableFiles
import Glibc

/// The state of a `SimulatedFileStore`: what programs see, what is durable, and what lies between.
struct SimulatedDisk {
    /// A change of a file's bytes.
    enum Change {
        case write([UInt8], at: Int)
        case resize(Int)
        /// Makes the file at least so large.
        case grow(Int)
    }

    private struct Node {
        var content: [UInt8] = []
        var durable: [UInt8] = []
        var pending: [Change] = []
    }

    /// Names that change together or not at all.
    private struct NameChange {
        let directory: String
        let nodes: [String: Int?]
    }

    var random: SeededRandom
    var capacity: Int
    var failures: [Int: Int32] = [:]
    /// Every step on a path that contains this text fails.
    var failingPath: (text: String, code: Int32)?
    private(set) var stepCount = 0
    /// Counts the crashes.
    private(set) var generation = 0

    private var nodes: [Int: Node] = [:]
    private var nextNode = 0
    private var names: [String: Int] = [:]
    private var durableNames: [String: Int] = [:]
    private var pendingNames: [NameChange] = []
    private var directories: Set<String> = ["/", "."]
    private var locks: Set<String> = []

    /// 512 bytes: what a disk writes whole or not at all.
    fileprivate static let sectorByteCount = 512

    init(seed: UInt64, capacity: Int) {
        random = SeededRandom(seed: seed)
        self.capacity = capacity
    }

    mutating func beginStep() { stepCount += 1 }

    mutating func failIfDue(_ operation: FileError.Operation, _ path: String) throws(FileError) {
        if let failingPath, path.contains(failingPath.text) {
            throw FileError(operation, path, code: failingPath.code)
        }
        guard let code = failures.removeValue(forKey: stepCount) else { return }
        throw FileError(operation, path, code: code)
    }

    // MARK: Files

    func content(of node: Int) -> [UInt8] { nodes[node]?.content ?? [] }

    /// Changes what programs see; a write that fails may leave a part of itself.
    mutating func change(
        _ node: Int, _ change: Change, operation: FileError.Operation, path: String
    ) throws(FileError) {
        do throws(FileError) {
            try failIfDue(operation, path)
            var changed = nodes[node]?.content ?? []
            let before = changed.count
            change.apply(to: &changed)
            guard changed.count - before <= freeByteCount || changed.count <= before else {
                throw FileError(operation, path, code: ENOSPC)
            }
        } catch {
            if case .write(let bytes, let byteOffset) = change {
                let rest = max(0, min(bytes.count, (nodes[node]?.content.count ?? 0) - byteOffset))
                let part = Array(bytes.prefix(Int.random(in: 0...rest, using: &random)))
                apply(.write(part, at: byteOffset), to: node)
            }
            throw error
        }
        apply(change, to: node)
    }

    private mutating func apply(_ change: Change, to node: Int) {
        nodes[node]?.pending.append(change)
        // In place: the dictionary is not copied.
        if var content = nodes[node]?.content {
            nodes[node]?.content = []
            change.apply(to: &content)
            nodes[node]?.content = content
        }
    }

    /// Makes a file's bytes durable.
    ///
    /// When it fails, some are lost for good, although programs still see them.
    mutating func synchronize(_ node: Int, path: String) throws(FileError) {
        let isFailing = failures[stepCount] != nil
        guard var durable = nodes[node]?.durable, let pending = nodes[node]?.pending else { return }
        for change in pending where !isFailing || random.chance(1, in: 2) { change.apply(to: &durable) }
        nodes[node]?.durable = durable
        nodes[node]?.pending = []
        try failIfDue(.synchronize, path)
    }

    mutating func open(_ path: String, create: Bool) throws(FileError) -> (node: Int, generation: Int) {
        try failIfDue(.open, path)
        if let node = names[path] { return (node, generation) }
        guard create, directories.contains(directory(of: path)) else { throw FileError(.open, path, code: ENOENT) }
        nodes[nextNode] = Node()
        changeNames(in: directory(of: path), [path: nextNode])
        nextNode += 1
        return (nextNode - 1, generation)
    }

    mutating func byteCount(of path: String) throws(FileError) -> Int {
        try failIfDue(.inspect, path)
        guard let node = names[path] else { throw FileError(.inspect, path, code: ENOENT) }
        return content(of: node).count
    }

    mutating func tamper(_ path: String, _ change: (inout [UInt8]) -> Void) {
        guard let node = names[path], var content = nodes[node]?.content else { return }
        change(&content)
        nodes[node] = Node(content: content, durable: content)
    }

    // MARK: Names

    mutating func exists(_ path: String) throws(FileError) -> Bool {
        try failIfDue(.inspect, path)
        return names[path] != nil || directories.contains(path)
    }

    mutating func createDirectory(_ path: String) throws(FileError) {
        try failIfDue(.createDirectory, path)
        var path = path
        while !directories.contains(path) {
            guard names[path] == nil else { throw FileError(.createDirectory, path, code: EEXIST) }
            directories.insert(path)
            path = directory(of: path)
        }
    }

    mutating func entries(of parent: String) throws(FileError) -> [DirectoryEntry] {
        try failIfDue(.list, parent)
        guard directories.contains(parent) else { throw FileError(.list, parent, code: ENOENT) }
        let files = names.keys.filter { directory(of: $0) == parent }.map { ($0, false) }
        let folders = directories.filter { $0 != parent && directory(of: $0) == parent }.map { ($0, true) }
        return (files + folders)
            .map { DirectoryEntry(name: String($0.dropFirst(parent.count + 1)), isDirectory: $1) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Gives a file a second name; false when it is taken.
    mutating func link(_ path: String, _ newPath: String) throws(FileError) -> Bool {
        try failIfDue(.link, newPath)
        guard let node = names[path] else { throw FileError(.link, newPath, code: ENOENT) }
        guard names[newPath] == nil else { return false }
        changeNames(in: directory(of: newPath), [newPath: node])
        return true
    }

    mutating func rename(_ path: String, to newPath: String) throws(FileError) {
        try failIfDue(.rename, path)
        guard let node = names[path] else { throw FileError(.rename, path, code: ENOENT) }
        changeNames(in: directory(of: newPath), [path: nil, newPath: node])
    }

    mutating func remove(_ path: String) throws(FileError) {
        try failIfDue(.remove, path)
        if directories.contains(path) {
            guard try entries(of: path).isEmpty else { throw FileError(.remove, path, code: ENOTEMPTY) }
            directories.remove(path)
            return
        }
        guard names[path] != nil else { throw FileError(.remove, path, code: ENOENT) }
        changeNames(in: directory(of: path), [path: nil])
    }

    mutating func synchronizeDirectory(_ path: String) throws(FileError) {
        try failIfDue(.synchronize, path)
        guard directories.contains(path) else { throw FileError(.synchronize, path, code: ENOENT) }
        for change in pendingNames where change.directory == path { Self.apply(change, to: &durableNames) }
        pendingNames.removeAll { $0.directory == path }
    }

    private mutating func changeNames(in directory: String, _ nodes: [String: Int?]) {
        let change = NameChange(directory: directory, nodes: nodes)
        Self.apply(change, to: &names)
        pendingNames.append(change)
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        for (path, node) in change.nodes { names[path] = node }
    }

    // MARK: Locks, room, power

    mutating func lock(_ path: String) throws(FileError) -> Int {
        _ = try open(path, create: true)
        guard locks.insert(path).inserted else { throw FileError(.lock, path, code: EWOULDBLOCK) }
        return generation
    }

    mutating func unlock(_ path: String, generation: Int) {
        // A lock from before a crash was lost with it.
        if generation == self.generation { locks.remove(path) }
    }

    mutating func freeByteCount(_ path: String) throws(FileError) -> Int {
        try failIfDue(.measureFreeSpace, path)
        return freeByteCount
    }

    private var freeByteCount: Int {
        max(0, capacity - Set(names.values).reduce(0) { $0 + content(of: $1).count })
    }

    mutating func crash() {
        generation += 1
        locks = []
        failures = [:]
        failingPath = nil
        for change in pendingNames where random.chance(1, in: 2) { Self.apply(change, to: &durableNames) }
        pendingNames = []
        names = durableNames
        let named = Set(names.values)
        for id in nodes.keys.sorted() {
            guard named.contains(id), var durable = nodes[id]?.durable, let pending = nodes[id]?.pending else {
                nodes[id] = nil
                continue
            }
            for change in pending {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: break
                case 1: change.apply(to: &durable)
                default: change.applyTorn(to: &durable, &random)
                }
            }
            nodes[id] = Node(content: durable, durable: durable)
        }
    }
}

extension SimulatedDisk.Change {
    func apply(to content: inout [UInt8]) {
        switch self {
        case .write(let bytes, let byteOffset):
            let end = byteOffset + bytes.count
            if end > content.count, !bytes.isEmpty { content += [UInt8](repeating: 0, count: end - content.count) }
            content.replaceSubrange(byteOffset..<end, with: bytes)
        case .resize(let byteCount):
            if byteCount < content.count {
                content.removeLast(content.count - byteCount)
            } else {
                content += [UInt8](repeating: 0, count: byteCount - content.count)
            }
        case .grow(let byteCount):
            if byteCount > content.count { content += [UInt8](repeating: 0, count: byteCount - content.count) }
        }
    }

    /// A part of a write: its first bytes, or some of its sectors.
    fileprivate func applyTorn(to content: inout [UInt8], _ random: inout SeededRandom) {
        guard case .write(let bytes, let byteOffset) = self, !bytes.isEmpty else { return apply(to: &content) }
        if random.chance(1, in: 2) {
            let part = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
            Self.write(Array(part), at: byteOffset).apply(to: &content)
            return
        }
        var position = byteOffset
        while position < byteOffset + bytes.count {
            let end = min(
                (position / SimulatedDisk.sectorByteCount + 1) * SimulatedDisk.sectorByteCount, byteOffset + bytes.count
            )
            if random.chance(1, in: 2) {
                let sector = bytes[position - byteOffset..<end - byteOffset]
                Self.write(Array(sector), at: position).apply(to: &content)
            }
            position = end
        }
    }
}
