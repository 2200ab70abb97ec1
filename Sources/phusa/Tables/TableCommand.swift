import ArgumentParser

/// `phusa table`: what lies on disk.
struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Looks into the tables: what is there, what is in it, and whether it is sound.",
        discussion: """
            The tables are Delta Lake tables of Parquet files; these commands work beside a running \
            phusa run, and all but compact and vacuum only read.

            EXAMPLES
              phusa table ls
              phusa table show coverage
              phusa table cat dead_letters --limit 5 --columns reason,pointer,sentence
              phusa table verify
              phusa table sql -c 'SELECT ward, avg(rsrp) FROM coverage GROUP BY ward ORDER BY 2'
            """,
        subcommands: [
            TableList.self, TableShow.self, TableCat.self, TableVerify.self, TableSQL.self, TableCompact.self,
            TableVacuum.self,
        ])
}

/// Where the tables are.
struct TableOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder of phusa run.", valueName: "folder"))
    var data = "var"
}
