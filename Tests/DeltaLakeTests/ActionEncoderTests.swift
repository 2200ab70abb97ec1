import DeltaLake
import Testing

struct ActionEncoderTests {
    @Test("a new table is three lines, as other writers make them")
    func newTable() throws {
        let store = MemoryLogStore()
        _ = try Samples.table(in: store, options: .init(engine: "phusa/0.1"))
        #expect(
            store.text(ofVersion: 0) == #"""
                {"commitInfo":{"timestamp":1000,"operation":"CREATE TABLE","operationParameters":{"partitionBy":"[\"date\",\"hour\"]"},"isBlindAppend":true,"operationMetrics":{},"engineInfo":"phusa/0.1"}}
                {"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
                {"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","name":"coverage","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"date\",\"type\":\"date\",\"nullable\":false,\"metadata\":{}},{\"name\":\"hour\",\"type\":\"integer\",\"nullable\":false,\"metadata\":{}},{\"name\":\"device\",\"type\":\"string\",\"nullable\":true,\"metadata\":{\"comment\":\"pseudonym\"}},{\"name\":\"rsrp\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["date","hour"],"configuration":{},"createdTime":1000}}

                """#)
    }

    @Test("an append is commitInfo, txn and the files with statistics in JSON")
    func append() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        let statistics = FileStatistics(
            recordCount: 2,
            columns: [
                ColumnStatistics("device", minimum: .string("a\"b"), maximum: .string("ü"), nullCount: 0),
                ColumnStatistics("rsrp", minimum: .double(-95), maximum: .double(.nan), nullCount: 1),
            ])
        let file = AddFile(
            path: "date=2026-11-21/hour=8/a b%ü.parquet",
            partitionValues: [
                try PartitionValue("date", .date(days: 20_778)), try PartitionValue("hour", .integer(8)),
            ],
            byteCount: 100, modificationMilliseconds: 2000, statistics: statistics, tags: ["lane": "1"])
        let version = try table.commit(
            DeltaTransaction(
                adding: [file],
                applicationTransaction: ApplicationTransaction(appId: "n/1", version: 7, lastUpdatedMilliseconds: 5),
                operationMetrics: ["numOutputRows": "2"], timestampMilliseconds: 3000))
        #expect(version == 1)
        #expect(
            store.text(ofVersion: 1) == #"""
                {"commitInfo":{"timestamp":3000,"operation":"WRITE","operationParameters":{"mode":"Append"},"isBlindAppend":true,"operationMetrics":{"numOutputRows":"2"},"engineInfo":"phusa"}}
                {"txn":{"appId":"n/1","version":7,"lastUpdated":5}}
                {"add":{"path":"date=2026-11-21/hour=8/a%20b%25%C3%BC.parquet","partitionValues":{"date":"2026-11-21","hour":"8"},"size":100,"modificationTime":2000,"dataChange":true,"stats":"{\"numRecords\":2,\"minValues\":{\"device\":\"a\\\"b\",\"rsrp\":-95.0},\"maxValues\":{\"device\":\"ü\"},\"nullCount\":{\"device\":0,\"rsrp\":1}}","tags":{"lane":"1"}}}

                """#)
    }

    @Test("what is written is read back the same")
    func roundTrip() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        _ = try table.commit(try Samples.append("one", "two", appId: "a", version: 1))
        let gone = try #require(table.snapshot.file("date=2026-11-21/hour=8/one.parquet"))
        var wider = table.snapshot.metadata
        wider.schema = try wider.schema.widened(by: [
            DeltaColumn(
                "tags",
                .map(
                    key: .string,
                    value: .array(
                        element: .structure([DeltaColumn("x", .decimal(precision: 9, scale: 6))]), containsNull: true),
                    valueContainsNull: false))
        ])
        _ = try table.commit(
            DeltaTransaction(
                adding: [try Samples.file("three")], removing: [gone.removed(atMilliseconds: 9, isDataChange: false)],
                metadata: wider, operation: "OPTIMIZE", timestampMilliseconds: 4000))

        let reopened = try DeltaTable(opening: store).snapshot
        #expect(reopened.version == 2)
        #expect(reopened.metadata == wider)
        #expect(reopened.schema.column("device")?.comment == "pseudonym")
        #expect(reopened.tableProtocol == TableProtocol())
        #expect(Set(reopened.files) == [try Samples.file("two"), try Samples.file("three")])
        #expect(Set(reopened.files) == Set(table.snapshot.files))
        #expect(reopened.byteCount == 200 && table.snapshot.byteCount == 200)
        #expect(reopened.transactions == ["a": ApplicationTransaction(appId: "a", version: 1)])
        #expect(reopened.commitInfo?.operation == "OPTIMIZE")
        #expect(reopened.commitInfo?.isBlindAppend == false)
        #expect(reopened.commitInfo == table.snapshot.commitInfo)
    }

    @Test(
        "every path survives its encoding",
        arguments: [
            "a/b=c.parquet", "a b+c%20&ü/…:?#[]@!$'()*,;\"\\<>{}|^`~", "date=2026-11-21T08:00/x", "s3://bucket/a b",
        ])
    func paths(path: String) throws {
        let store = MemoryLogStore(commits: [Samples.firstCommit])
        var table = try DeltaTable(opening: store)
        let file = AddFile(path: path, byteCount: 1, modificationMilliseconds: 0, statistics: nil)
        _ = try table.commit(DeltaTransaction(adding: [file], timestampMilliseconds: 0))
        #expect(try DeltaTable(opening: store).snapshot.file(path) == file)
        #expect(store.text(ofVersion: 1).unicodeScalars.allSatisfy { $0.isASCII })
    }
}
