import DeltaLake
import Synchronization

/// A log in memory.
///
/// It can let other writers commit in between, and fail with or without having done what was asked.
final class MemoryLogStore: LogStore {
    enum Fault {
        /// Nothing was done.
        case before
        /// It was done, but the caller does not learn of it.
        case after
    }

    private struct State {
        var files: [String: [UInt8]] = [:]
        var fault: (@Sendable (_ name: String) -> Fault?)?
        var beforePut: (@Sendable (_ store: MemoryLogStore, _ name: String) -> Void)?
    }

    private let state = Mutex(State())

    init(_ files: [String: String] = [:]) {
        state.withLock { $0.files = files.mapValues { Array($0.utf8) } }
    }

    /// A log of these commits, the first of which is version 0.
    convenience init(commits: [String]) {
        self.init(
            Dictionary(uniqueKeysWithValues: commits.enumerated().map { (Self.name(Int64($0.offset)), $0.element) }))
    }

    static func name(_ version: Int64) -> String {
        let digits = String(version)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".json"
    }

    var fileCount: Int { state.withLock { $0.files.count } }

    func text(ofVersion version: Int64) -> String {
        state.withLock { String(decoding: $0.files[Self.name(version)] ?? [], as: UTF8.self) }
    }

    func set(_ name: String, _ text: String?) {
        state.withLock { $0.files[name] = text.map { Array($0.utf8) } }
    }

    func failPuts(_ fault: (@Sendable (_ name: String) -> Fault?)?) {
        state.withLock { $0.fault = fault }
    }

    /// Runs before each put, outside the lock, so that it can commit through this store; at most once at a time.
    func beforePut(_ body: (@Sendable (_ store: MemoryLogStore, _ name: String) -> Void)?) {
        state.withLock { $0.beforePut = body }
    }

    func list(from version: Int64) throws(LogStoreError) -> [String] {
        state.withLock { state in state.files.keys.filter { $0.hasPrefix("0") && $0 >= Self.name(version).dropLast(5) }
        }
    }

    func read(_ name: String) throws(LogStoreError) -> [UInt8]? {
        state.withLock { $0.files[name] }
    }

    func putIfAbsent(_ name: String, _ bytes: [UInt8]) throws(LogStoreError) -> Bool {
        let beforePut = state.withLock { state in
            defer { state.beforePut = nil }
            return state.beforePut
        }
        if let beforePut {
            beforePut(self, name)
            state.withLock { $0.beforePut = beforePut }
        }
        let fault = state.withLock { $0.fault }?(name)
        if fault == .before { throw LogStoreError("cannot write \(name): injected") }
        let isNew = state.withLock { state in
            guard state.files[name] == nil else { return false }
            state.files[name] = bytes
            return true
        }
        if fault == .after { throw LogStoreError("cannot make \(name) durable: injected") }
        return isNew
    }

    func exists(_ name: String) throws(LogStoreError) -> Bool {
        state.withLock { $0.files[name] != nil }
    }

    func replace(_ name: String, _ bytes: [UInt8]) throws(LogStoreError) {
        state.withLock { $0.files[name] = bytes }
    }

    func remove(_ name: String) throws(LogStoreError) {
        state.withLock { $0.files[name] = nil }
    }

    var names: [String] { state.withLock { $0.files.keys.sorted() } }

    static func checkpointName(_ version: Int64) -> String { "\(name(version).dropLast(5)).checkpoint.parquet" }

    /// Changes the bytes of a file.
    func tamper(_ name: String, _ change: @Sendable (inout [UInt8]) -> Void) {
        state.withLock { change(&$0.files[name, default: []]) }
    }
}
