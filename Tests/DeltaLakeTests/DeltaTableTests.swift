import DeltaLake
import Testing

struct DeltaTableTests {
    @Test("creating a table that is there opens it")
    func createTwice() throws {
        let store = MemoryLogStore()
        var first = try Samples.table(in: store)
        _ = try first.commit(try Samples.append("a"))
        let second = try Samples.table(in: store)
        #expect(second.snapshot.version == 1)
        #expect(store.fileCount == 2)
    }

    @Test("of two that create at once, one opens what the other made")
    func createRace() throws {
        let store = MemoryLogStore()
        store.beforePut { store, _ in
            // The other writer has the same columns under another id.
            let other = TableMetadata(schema: Samples.schema, partitionColumns: ["date", "hour"], id: "other")
            _ = try? DeltaTable(creating: other, in: store, timestampMilliseconds: 0)
        }
        #expect(try Samples.table(in: store).snapshot.metadata.id == "other")
    }

    @Test("another table under the same name is refused with all differences")
    func differs() throws {
        let store = MemoryLogStore()
        let other = DeltaSchema([
            DeltaColumn("date", .date, isNullable: false), DeltaColumn("hour", .long, isNullable: false),
            DeltaColumn("device", .string, isNullable: false), DeltaColumn("extra", .string),
        ])
        _ = try DeltaTable(
            creating: TableMetadata(schema: other, partitionColumns: ["date"]), in: store, timestampMilliseconds: 0)
        #expect(
            throws: DeltaError.tableDiffers([
                "the existing table has no column rsrp", "the existing table also has a column extra",
                "column hour is long in the existing table, not integer",
                "column device is never null in the existing table",
                "the existing table is partitioned by (date), not by (date, hour)",
            ])
        ) { try Samples.table(in: store) }
    }

    @Test("a schema that readers would choke on is refused")
    func badSchemas() {
        let schemas: [[DeltaColumn]] = [
            [], [DeltaColumn("", .long)], [DeltaColumn("a", .long), DeltaColumn("A", .long)],
            [DeltaColumn("a b", .long)], [DeltaColumn("a", .decimal(precision: 39, scale: 0))],
            [DeltaColumn("a", .structure([]))], [DeltaColumn("a", .array(element: .structure([]), containsNull: true))],
        ]
        for columns in schemas {
            #expect(throws: DeltaError.self) {
                try DeltaTable(
                    creating: TableMetadata(schema: DeltaSchema(columns)), in: MemoryLogStore(),
                    timestampMilliseconds: 0)
            }
        }
    }

    @Test("a blind append takes the next version when another was faster")
    func conflict() throws {
        let store = MemoryLogStore()
        var ours = try Samples.table(in: store)
        var theirs = try DeltaTable(opening: store)
        _ = try theirs.commit(try Samples.append("b", appId: "b", version: 1))
        _ = try theirs.commit(try Samples.append("c", appId: "b", version: 2))
        #expect(try ours.commit(try Samples.append("a", appId: "a", version: 1)) == 3)
        #expect(ours.snapshot.files.count == 3)
        #expect(ours.snapshot.transactions["b"]?.version == 2)
        #expect(try theirs.update().version == 3)
        #expect(Set(theirs.snapshot.files) == Set(ours.snapshot.files))
    }

    @Test("what our application has committed already is not committed again")
    func alreadyCommitted() throws {
        let store = MemoryLogStore()
        var ours = try Samples.table(in: store)
        var twin = try DeltaTable(opening: store)
        _ = try twin.commit(try Samples.append("x", appId: "a", version: 5))
        let error = DeltaError.alreadyCommitted(appId: "a", version: 5, tableVersion: 1)
        #expect(throws: error) { try ours.commit(try Samples.append("a", appId: "a", version: 5)) }
        // Known without asking the store now.
        #expect(throws: error) { try ours.commit(try Samples.append("a", appId: "a", version: 4)) }
        #expect(try ours.commit(try Samples.append("a", appId: "a", version: 6)) == 2)
    }

    @Test("a commit that fails after it took place is found when it is tried again")
    func unknownOutcome() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        let transaction = try Samples.append("a", appId: "a", version: 5)
        store.failPuts { _ in .before }
        #expect(throws: DeltaError.self) { try table.commit(transaction) }
        store.failPuts { _ in .after }
        #expect(throws: DeltaError.self) { try table.commit(transaction) }
        store.failPuts(nil)
        #expect(throws: DeltaError.alreadyCommitted(appId: "a", version: 5, tableVersion: 1)) {
            try table.commit(transaction)
        }
        #expect(table.snapshot.files.count == 1)
    }

    @Test("without an application transaction the file's name shows that it is in already")
    func unknownOutcomeWithoutTransaction() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        store.failPuts { _ in .after }
        #expect(throws: DeltaError.self) { try table.commit(try Samples.append("a")) }
        store.failPuts(nil)
        #expect(throws: DeltaError.invalidTransaction("date=2026-11-21/hour=8/a.parquet is in the table already")) {
            try table.commit(try Samples.append("a"))
        }
    }

    @Test("a schema change by another writer stops a commit")
    func metadataChanged() throws {
        let store = MemoryLogStore()
        var ours = try Samples.table(in: store)
        var theirs = try DeltaTable(opening: store)
        var wider = theirs.snapshot.metadata
        wider.schema = try wider.schema.widened(by: [DeltaColumn("sinr", .double)])
        _ = try theirs.commit(DeltaTransaction(metadata: wider, operation: "ADD COLUMNS", timestampMilliseconds: 0))
        #expect(throws: DeltaError.metadataChanged(tableVersion: 1)) { try ours.commit(try Samples.append("a")) }
        #expect(ours.snapshot.schema.column("sinr") != nil)
        #expect(try ours.commit(try Samples.append("a")) == 2)
    }

    @Test("only nullable columns at the end widen a schema")
    func widening() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        #expect(throws: DeltaError.self) {
            try Samples.schema.widened(by: [DeltaColumn("x", .long, isNullable: false)])
        }
        #expect(throws: DeltaError.self) { try Samples.schema.widened(by: [DeltaColumn("RSRP", .long)]) }
        for columns in [
            Array(Samples.schema.columns.dropLast()),
            Samples.schema.columns.dropLast() + [DeltaColumn("rsrp", .long)],
            [DeltaColumn("x", .long)] + Samples.schema.columns,
        ] {
            let metadata = Samples.metadata(DeltaSchema(columns))
            #expect(throws: DeltaError.self) {
                try table.commit(DeltaTransaction(metadata: metadata, timestampMilliseconds: 0))
            }
        }
        #expect(store.fileCount == 1)
    }

    @Test("files that another writer removed cannot be removed again")
    func removedTwice() throws {
        let store = MemoryLogStore()
        var ours = try Samples.table(in: store)
        _ = try ours.commit(try Samples.append("a", "b"))
        var theirs = try DeltaTable(opening: store)
        let file = try #require(ours.snapshot.file("date=2026-11-21/hour=8/a.parquet"))
        let removal = DeltaTransaction(
            adding: [try Samples.file("c")], removing: [file.removed(atMilliseconds: 1, isDataChange: false)],
            operation: "OPTIMIZE", timestampMilliseconds: 1)
        _ = try theirs.commit(removal)
        var late = removal
        late.added = [try Samples.file("d")]
        #expect(throws: DeltaError.fileRemoved(path: file.path, tableVersion: 2)) { try ours.commit(late) }
        #expect(throws: DeltaError.invalidTransaction("\(file.path) is not in the table")) { try ours.commit(late) }
        #expect(Set(ours.snapshot.files.map(\.path)) == Set(["b", "c"].map { "date=2026-11-21/hour=8/\($0).parquet" }))
    }

    @Test("an append-only table keeps its rows, but lets them move")
    func appendOnly() throws {
        var metadata = Samples.metadata()
        metadata.configuration["delta.appendOnly"] = "true"
        var table = try DeltaTable(creating: metadata, in: MemoryLogStore(), timestampMilliseconds: 0)
        _ = try table.commit(try Samples.append("a"))
        let file = try #require(table.snapshot.files.first)
        #expect(throws: DeltaError.self) {
            let removal = file.removed(atMilliseconds: 0, isDataChange: true)
            _ = try table.commit(DeltaTransaction(removing: [removal], timestampMilliseconds: 0))
        }
        let moved = DeltaTransaction(
            adding: [try Samples.file("b")], removing: [file.removed(atMilliseconds: 0, isDataChange: false)],
            timestampMilliseconds: 0)
        #expect(try table.commit(moved) == 2)
    }

    @Test("partition values must be there, one for each column")
    func partitionValues() throws {
        var table = try Samples.table(in: MemoryLogStore())
        let file = AddFile(
            path: "x", partitionValues: [try PartitionValue("date", nil)], byteCount: 1, modificationMilliseconds: 0,
            statistics: nil)
        #expect(throws: DeltaError.invalidTransaction("x needs a value for each of the partition columns (date, hour)"))
        {
            try table.commit(DeltaTransaction(adding: [file], timestampMilliseconds: 0))
        }
        #expect(throws: DeltaError.self) { try table.commit(try Samples.append("a", "a")) }
    }

    @Test("the attempts end when others are always faster")
    func tooManyConflicts() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store, options: .init(maximumAttemptCount: 5))
        store.beforePut { store, name in store.set(name, Samples.addLine(name)) }
        #expect(throws: DeltaError.tooManyConflicts(attemptCount: 5)) { try table.commit(try Samples.append("a")) }
        #expect(table.snapshot.version == 5)
    }

    @Test("a table without its files appends and keeps track of applications")
    func withoutFiles() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store, options: .init(keepsFiles: false))
        _ = try table.commit(try Samples.append("a", appId: "a", version: 1))
        #expect(table.snapshot.files.isEmpty)
        #expect(table.snapshot.transactions["a"]?.version == 1)
        let removal = try Samples.file("a").removed(atMilliseconds: 0, isDataChange: false)
        #expect(throws: DeltaError.self) {
            try table.commit(DeltaTransaction(removing: [removal], timestampMilliseconds: 0))
        }
        #expect(try DeltaTable(opening: store).snapshot.files.count == 1)
    }

    @Test("the actions of a version can be looked at")
    func actions() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        _ = try table.commit(try Samples.append("a", appId: "a", version: 1))
        let actions = try #require(try table.actions(ofVersion: 1))
        #expect(actions.count == 3)
        #expect(actions.last == .add(try Samples.file("a")))
        #expect(try table.actions(ofVersion: 2) == nil)
    }

    @Test("fits a schema to the rows that are to come, whatever their columns' order")
    func fitted() throws {
        let schema = DeltaSchema([
            DeltaColumn("a", .long, isNullable: false, comment: "kept"), DeltaColumn("b", .string, isNullable: false),
            DeltaColumn("c", .double),
        ])
        let wanted = DeltaSchema([
            DeltaColumn("d", .date, isNullable: false), DeltaColumn("c", .double, isNullable: false),
            DeltaColumn("a", .long, isNullable: false, comment: "other"),
        ])
        let fitted = try schema.fitted(to: wanted)
        #expect(
            fitted
                == DeltaSchema([
                    DeltaColumn("a", .long, isNullable: false, comment: "kept"), DeltaColumn("b", .string),
                    DeltaColumn("c", .double), DeltaColumn("d", .date),
                ]))
        #expect(try fitted.fitted(to: wanted) == fitted)
        #expect(try schema.fitted(to: schema) == schema)

        var table = try DeltaTable(
            creating: TableMetadata(
                schema: DeltaSchema(schema.columns + [DeltaColumn("day", .date)]), partitionColumns: ["day"]),
            in: MemoryLogStore(),
            timestampMilliseconds: 0)
        var metadata = table.snapshot.metadata
        metadata.schema = try metadata.schema.fitted(to: wanted)
        _ = try table.commit(DeltaTransaction(metadata: metadata, timestampMilliseconds: 0))
        #expect(table.snapshot.schema == metadata.schema)
        // Back is not possible: files may have nulls by now.
        metadata.schema = DeltaSchema(schema.columns + [DeltaColumn("day", .date)])
        let narrower = DeltaTransaction(metadata: metadata, timestampMilliseconds: 0)
        #expect(throws: DeltaError.self) { try table.commit(narrower) }
    }

    @Test("does not fit a schema to columns of another type or case")
    func notFitted() {
        let schema = DeltaSchema([DeltaColumn("a", .long), DeltaColumn("b", .decimal(precision: 4, scale: 1))])
        for (column, sentence) in [
            (DeltaColumn("a", .integer), "column a is long in the existing table, not integer"),
            (
                DeltaColumn("b", .decimal(precision: 5, scale: 1)),
                "column b is decimal(4,1) in the existing table, not decimal(5,1)"
            ),
            (DeltaColumn("A", .long), "the existing table has a column A in another case"),
        ] {
            #expect(throws: DeltaError.tableDiffers([sentence])) { try schema.fitted(to: DeltaSchema([column])) }
        }
    }
}
