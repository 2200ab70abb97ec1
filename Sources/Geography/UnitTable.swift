/// Reads a table of units such as `Schemas/areas/units.csv`.
package enum UnitTable {
    /// The units in the order of the file; for the columns see `AreaRecord`.
    package static func read(
        _ bytes: RawSpan, file: String, level: AreaLevel? = nil
    ) throws(AreaError) -> [AreaRecord] {
        try records(of: try CSVTable(bytes, file: file), file: file, level: level)
    }

    static func records(
        of table: CSVTable, file: String, level: AreaLevel? = nil
    ) throws(AreaError) -> [AreaRecord] {
        let code = try table.index(of: "code", file: file)
        var records: [AreaRecord] = []
        for row in table.rows {
            var record = AreaRecord(code: row.fields[code], file: file, place: "line \(row.line)")
            record.level = level
            for (column, text) in zip(table.columns, row.fields) { try record.set(column, to: text) }
            guard !record.code.isEmpty else { throw record.error("the unit has no code", "Give it one") }
            records.append(record)
        }
        return records
    }
}
