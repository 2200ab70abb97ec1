import DeltaLake
import Testing

struct DamagedLogTests {
    private func error(_ commits: [String]) -> DeltaError? {
        error(MemoryLogStore(commits: commits))
    }

    private func error(_ store: MemoryLogStore) -> DeltaError? {
        do {
            _ = try DeltaTable(opening: store)
            return nil
        } catch {
            return error
        }
    }

    @Test("no log is no table")
    func absent() {
        #expect(error([]) == .notATable)
    }

    @Test(
        "a line that is not what it should be is named",
        arguments: [
            (#"{"add":{"path":"a","#, "byte 19 of the line: the text ends"),
            (#"{"add":5}"#, "add is not an object"),
            (#"[1]"#, "the line is not an object"),
            (#"{"add":{"path":"a","partitionValues":{},"modificationTime":0}}"#, "add has no size"),
            (#"{"add":{"path":"a","size":1,"modificationTime":0}}"#, "add has no partitionValues"),
            (#"{"add":{"path":"a","partitionValues":{},"size":"1","modificationTime":0}}"#, "size of add is a string"),
            (#"{"add":{"path":"a","partitionValues":{},"size":-1,"modificationTime":0}}"#, "negative"),
            (#"{"add":{"path":"a","partitionValues":{"x":1},"size":1,"modificationTime":0}}"#, "partition value of x"),
            (#"{"add":{"path":"%zz","partitionValues":{},"size":1,"modificationTime":0}}"#, "percent-encoded"),
            (#"{"add":{"path":"%FF","partitionValues":{},"size":1,"modificationTime":0}}"#, "percent-encoded"),
            (
                #"{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":0,"deletionVector":{}}}"#,
                "deletion vector"
            ),
            (#"{"remove":{"dataChange":true}}"#, "remove has no path"),
            (#"{"txn":{"appId":"a"}}"#, "txn has no version"),
            (#"{"txn":{"appId":"a","version":1.5}}"#, "version of txn is a number where a whole number belongs"),
            (#"{"txn":{"appId":"a","version":1},"remove":{"path":"a"}}"#, "more than one action"),
            (#"{"protocol":{"minReaderVersion":1}}"#, "protocol has no minWriterVersion"),
            (#"{"protocol":{"minReaderVersion":-1,"minWriterVersion":99999999999}}"#, "out of range"),
            (#"{"metaData":{"id":"a","schemaString":"{"}}"#, "schemaString is not JSON"),
            (#"{"metaData":{"id":"a","schemaString":"\"long\""}}"#, "schemaString is not a struct"),
            (#"{"metaData":{"id":"a","format":{"provider":"orc"},"schemaString":"{}"}}"#, "orc, not parquet"),
            (
                #"{"metaData":{"id":"a","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"x\",\"type\":\"variant\"}]}"}}"#,
                "column x has the type variant"
            ),
            (
                #"{"metaData":{"id":"a","schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":["y"]}}"#,
                "no partition column y"
            ),
        ])
    func lines(line: String, words: String) {
        let second = "\(Samples.addLine("first"))\n\(line)\n"
        guard case .damaged(MemoryLogStore.name(1), 2, let problem) = error([Samples.firstCommit, second]) else {
            Issue.record("\(error([Samples.firstCommit, second]) as Any)")
            return
        }
        #expect(problem.contains(words), "\(problem)")
    }

    @Test(
        "two actions of a commit may not speak of the same thing",
        arguments: [
            (Samples.addLine("a"), "a second action for a"), (#"{"remove":{"path":"%61"}}"#, "a second action for a"),
            (#"{"txn":{"appId":"t","version":2}}"#, "a second txn of t"), (Samples.protocolLine, "a second protocol"),
            (Samples.metadataLine, "a second metaData"),
        ])
    func twice(line: String, words: String) {
        let commit = [
            Samples.addLine("a"), #"{"txn":{"appId":"t","version":1}}"#, Samples.protocolLine, Samples.metadataLine,
            line,
        ].joined(separator: "\n")
        guard case .damaged(MemoryLogStore.name(1), 5, let problem) = error([Samples.firstCommit, commit]) else {
            Issue.record("\(error([Samples.firstCommit, commit]) as Any)")
            return
        }
        #expect(problem.contains(words))
    }

    @Test("a commit cut off at any byte is an error or a whole number of lines")
    func truncation() throws {
        let whole = Samples.addLine("a") + "\n" + Samples.addLine("b")
        for count in 0..<whole.utf8.count {
            let store = MemoryLogStore(commits: [Samples.firstCommit, String(whole.prefix(count))])
            do {
                #expect(try DeltaTable(opening: store).snapshot.files.count == 1)
                #expect(count == Samples.addLine("a").utf8.count || count == Samples.addLine("a").utf8.count + 1)
            } catch {
                guard case .damaged(MemoryLogStore.name(1), _, _) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    @Test("missing commits are named")
    func gaps() {
        let store = MemoryLogStore(commits: [Samples.firstCommit, Samples.addLine("a"), Samples.addLine("b")])
        store.set(MemoryLogStore.name(1), nil)
        #expect(error(store) == .missingVersion(1))
        store.set(MemoryLogStore.name(0), nil)
        #expect(error(store) == .missingVersion(0))
    }

    @Test("the first commit needs protocol and metaData")
    func first() {
        let name = MemoryLogStore.name(0)
        #expect(
            error([Samples.metadataLine])
                == .damaged(file: name, line: 0, problem: "the first version of the table has no protocol"))
        #expect(
            error([Samples.protocolLine])
                == .damaged(file: name, line: 0, problem: "the first version of the table has no metaData"))
    }

    @Test("a broken checkpoint is passed over while all commits are there, and an error when it stands for some")
    func checkpoints() throws {
        let checkpoint = "00000000000000000001.checkpoint.parquet"
        let store = MemoryLogStore(commits: [Samples.firstCommit, Samples.addLine("a"), Samples.addLine("b")])
        store.set(checkpoint, "PAR1")
        store.set("_last_checkpoint", #"{"version":1,"size":3}"#)
        store.set("00000000000000000001.crc", "{}")
        store.set("00000000000000000000.00000000000000000001.compacted.json", "{}")
        #expect(try DeltaTable(opening: store).snapshot.files.count == 2)
        store.set(MemoryLogStore.name(0), nil)
        let unreadable = DeltaError.checkpointUnreadable(file: checkpoint, problem: "this is not a whole Parquet file")
        #expect(error(store) == unreadable)
        for version in Int64(1)...2 { store.set(MemoryLogStore.name(version), nil) }
        #expect(error(store) == unreadable)
        store.set(checkpoint, nil)
        store.set("00000000000000000001.crc", nil)
        guard case .checkpointUnreadable(file: "_last_checkpoint", _) = error(store) else {
            Issue.record("\(error(store) as Any)")
            return
        }
    }

    @Test("a checkpoint in parts is passed over while all commits are there, and named when it stands for some")
    func parts() throws {
        let checkpoint = "00000000000000000001.checkpoint.0000000001.0000000002.parquet"
        let store = MemoryLogStore(commits: [Samples.firstCommit, Samples.addLine("a"), Samples.addLine("b")])
        store.set(checkpoint, "PAR1")
        #expect(try DeltaTable(opening: store).snapshot.files.count == 2)
        store.set(MemoryLogStore.name(0), nil)
        #expect(error(store) == .checkpointUnsupported(file: checkpoint))
    }

    @Test(
        "a table that needs more than this library can read says what",
        arguments: [
            (#"{"protocol":{"minReaderVersion":2,"minWriterVersion":5}}"#, "a reader of version 2"),
            (
                #"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}"#,
                "reader features deletionVectors"
            ),
        ])
    func protocols(line: String, needed: String) {
        for commits in [["\(line)\n\(Samples.metadataLine)"], [Samples.firstCommit, line]] {
            guard case .unsupportedProtocol(_, needed) = error(commits) else {
                Issue.record("\(error(commits) as Any)")
                return
            }
        }
    }

    @Test(
        "a table that needs more of a writer can be read, not written",
        arguments: [
            #"{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}"#,
            #"{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["checkConstraints"]}}"#,
        ])
    func writers(line: String) throws {
        var table = try DeltaTable(opening: MemoryLogStore(commits: ["\(line)\n\(Samples.metadataLine)"]))
        let file = AddFile(path: "a", byteCount: 1, modificationMilliseconds: 0, statistics: nil)
        let error = #expect(throws: DeltaError.self) {
            try table.commit(DeltaTransaction(adding: [file], timestampMilliseconds: 0))
        }
        guard case .unsupportedProtocol = error else {
            Issue.record("\(error as Any)")
            return
        }
    }

    @Test("features that this library has do not stop it")
    func knownFeatures() throws {
        let line =
            #"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":["appendOnly","invariants"]}}"#
        var table = try DeltaTable(opening: MemoryLogStore(commits: ["\(line)\n\(Samples.metadataLine)"]))
        let file = AddFile(path: "a", byteCount: 1, modificationMilliseconds: 0, statistics: nil)
        #expect(try table.commit(DeltaTransaction(adding: [file], timestampMilliseconds: 0)) == 1)
    }

    @Test("unknown actions and fields are passed over")
    func unknown() throws {
        let lines = [
            #"{"domainMetadata":{"domain":"x","configuration":"{}","removed":false}}"#, "",
            #"{"cdc":{"path":"c","partitionValues":{},"size":1,"dataChange":false}}"#,
            #"{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true,"new":[1]}}"#,
            #"{"commitInfo":{"timestamp":"never","operationMetrics":{"a":{"b":1},"c":2},"isBlindAppend":"no"}}"#,
        ]
        let snapshot = try DeltaTable(
            opening: MemoryLogStore(commits: [Samples.firstCommit, lines.joined(separator: "\n")])
        ).snapshot
        #expect(snapshot.files.count == 1)
        #expect(snapshot.commitInfo?.operationMetrics == ["c": "2"])
    }
}
