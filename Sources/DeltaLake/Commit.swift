/// The actions of one version of a table, or those of a checkpoint, which stand for all up to its version.
struct Commit {
    let version: Int64
    let actions: [(line: Int, action: DeltaAction)]
    let tableProtocol: TableProtocol?
    let metadata: TableMetadata?

    /// The file that the actions are from.
    let name: String

    /// Checks what the protocol forbids within one commit (section "Delta Log Entries").
    ///
    /// - Throws: ``DeltaError/damaged(file:line:problem:)`` when two actions speak of the same thing.
    init(
        version: Int64, actions: [(line: Int, action: DeltaAction)], name: String? = nil
    ) throws(DeltaError) {
        let name = name ?? LogFileName.commit(version)
        self.version = version
        self.name = name
        self.actions = actions
        var tableProtocol: TableProtocol?
        var metadata: TableMetadata?
        var paths: Set<String> = []
        var appIds: Set<String> = []
        for (line, action) in actions {
            var problem: String?
            switch action {
            case .commitInfo: continue
            case .tableProtocol(let found):
                if tableProtocol != nil { problem = "the commit has a second protocol" }
                tableProtocol = found
            case .metadata(let found):
                if metadata != nil { problem = "the commit has a second metaData" }
                metadata = found
            case .add(let file):
                if !paths.insert(file.path).inserted { problem = "the commit has a second action for \(file.path)" }
            case .remove(let file):
                if !paths.insert(file.path).inserted { problem = "the commit has a second action for \(file.path)" }
            case .applicationTransaction(let transaction):
                if !appIds.insert(transaction.appId).inserted {
                    problem = "the commit has a second txn of \(transaction.appId)"
                }
            }
            if let problem {
                throw .damaged(file: name, line: line, problem: problem)
            }
        }
        self.tableProtocol = tableProtocol
        self.metadata = metadata
    }
}
