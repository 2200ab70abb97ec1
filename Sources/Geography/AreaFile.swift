/// What a file of areas holds, told by its name and its columns.
package enum AreaFile {
    /// A table of units, or outlines.
    case units([AreaRecord])
    case formerCodes(FormerCodes)

    /// What the names of such files end with: tables, then outlines.
    package static let endings = [".csv", ".geojson", ".json"]

    package static func read(_ bytes: RawSpan, file: String) throws(AreaError) -> AreaFile {
        guard let ending = endings.first(where: file.hasSuffix) else {
            throw AreaError(
                file: file, message: "the name does not say what the file holds",
                fix: "Give tables the ending .csv and outlines .geojson")
        }
        guard ending == ".csv" else { return .units(try BoundaryFile.read(bytes, file: file)) }
        let table = try CSVTable(bytes, file: file)
        if table.columns.contains("old_code") { return .formerCodes(try FormerCodes(table, file: file)) }
        guard table.columns.contains("code") else {
            throw AreaError(
                file: file, place: "line 1", message: "there is neither a column code nor a column old_code",
                fix: "Name the columns in line 1: code for a table of units, old_code and new_code for former codes")
        }
        return .units(try UnitTable.records(of: table, file: file))
    }
}
