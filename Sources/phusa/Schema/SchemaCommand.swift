import ArgumentParser

/// `phusa schema`: JSON Schema by itself, and what a schema would do to a stream.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "JSON Schema: checks documents, runs suites, compares and rehearses versions, begins a stream.",
        discussion: """
            Schemas are of draft 2020-12, 2019-09 or 7, as their $schema says. Nothing is ever fetched: what a schema \
            refers to is given with --remotes and --map; the meta-schemas are built in.

            EXAMPLES
              phusa schema validate Schemas/streams/coverage/v1.schema.json reading.json
              phusa schema validate --map https://example.com/schemas/=local/ order.schema.json *.json
              phusa schema test --remotes JSON-Schema-Test-Suite/remotes JSON-Schema-Test-Suite/tests/draft2020-12
              phusa schema diff v1.schema.json v2.schema.json
              phusa schema rehearse v2.schema.json --stream coverage --since 24h
              phusa schema new noise recorded.ndjson
            """,
        subcommands: [SchemaValidate.self, SchemaTest.self, SchemaDiff.self, SchemaRehearse.self, SchemaNew.self])
}
